"""Finds the firmware of simulated boards, and in their board.toml how to run it.

A board can be simulated when its board.toml has an [emulator]: `kind = "process"` is a program of
this machine, `kind = "qemu"` a microcontroller that QEMU emulates.
"""

from __future__ import annotations

import os
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runicd.board_files import boards_folder, repository
from runicd.errors import InputError, SimulatorError, UsageError

QEMU = "qemu-system-arm"
_PROCESS = "process"
_KINDS = (_PROCESS, "qemu")


@dataclass(frozen=True, slots=True)
class Firmware:
    """A firmware, the heap that it has, and the machine that QEMU emulates for it.

    `machine` is "" where the firmware is a program for this machine, whose heap can be chosen.
    A `plain` one is MicroPython with the native modules, without RunicOS.
    """

    board: str
    path: Path
    heap_bytes: int
    machine: str = ""
    cpu: str = ""
    plain: bool = False


def find(board: str = "unix", *, plain: bool = False) -> Firmware:
    """Return the firmware of a simulated board: the one that a variable names, or make built.

    Raises UsageError for a board that cannot be simulated, or not `plain`, SimulatorError where
    the firmware or the emulator is missing.
    """
    fields = _described(board)
    emulator = fields["emulator"]
    native = emulator["kind"] == _PROCESS
    if native and plain:
        known = ", ".join(boards(emulated=True))
        raise UsageError(f"{board} has RunicOS built in", remedy=f"choose from {known}")
    path = _path(board, fields["board"]["firmware"], native=native, plain=plain)
    remedy = f"run `make firmware BOARD={board}`, or set {variable(board, native=native)}"
    if native and not os.access(path, os.X_OK):
        raise SimulatorError(f"{path} is no firmware: it cannot be executed", remedy=remedy)
    if native:
        return Firmware(board, path, fields["facts"]["heap_bytes"])
    if shutil.which(QEMU) is None:
        raise SimulatorError(
            f"{QEMU} is not installed, which emulates {board}",
            remedy=f"install it (Debian, Ubuntu: `apt-get install {QEMU}`)",
        )
    return Firmware(
        board,
        path,
        fields["facts"]["heap_bytes"],
        emulator["machine"],
        emulator.get("cpu", ""),
        plain,
    )


def described(board: str) -> dict[str, Any]:
    """Return the board.toml of any board, real ones too. Raises UsageError when there is none."""
    known = _descriptions()
    if board not in known:
        raise UsageError(f"there is no board {board!r}", remedy=f"choose from {', '.join(known)}")
    return known[board]


def boards(*, emulated: bool = False) -> list[str]:
    """Return the names of the boards that can be simulated, or only of the `emulated` ones."""
    emulators = {
        name: fields["emulator"]
        for name, fields in _descriptions().items()
        if isinstance(fields.get("emulator"), dict)
    }
    kinds = set(_KINDS) - {_PROCESS} if emulated else set(_KINDS)
    return sorted(name for name, emulator in emulators.items() if emulator.get("kind") in kinds)


def variable(board: str, *, native: bool) -> str:
    """Return the environment variable that names a board's firmware."""
    return "RUNICD_FIRMWARE" if native else f"RUNICD_FIRMWARE_{board.upper()}"


def _path(board: str, built: str, *, native: bool, plain: bool) -> Path:
    """Return the path of a firmware that is there."""
    name = variable(board, native=native) + ("_PLAIN" if plain else "")
    order = f"make firmware BOARD={board}" + (" PLAIN=1" if plain else "")
    if plain:
        built = str(Path(built).parent.with_name(f"{board}-plain") / Path(built).name)
    given = os.environ.get(name) or None
    root = repository()
    if given is not None:
        path = Path(given)
    elif root is not None:
        path = root / built
    else:
        raise SimulatorError(
            f"there is no firmware for {board}: runicd is installed without its repository",
            remedy=f"run `{order}` there, and set {name} to what it builds",
        )
    if not path.is_file():
        raise SimulatorError(f"no firmware at {path}", remedy=f"run `{order}`, or set {name}")
    return path.absolute()


def _described(board: str) -> dict[str, Any]:
    """Return the board.toml of a board that can be simulated, with what `find` takes from it."""
    fields = _descriptions().get(board, {})
    emulator = fields.get("emulator")
    if not isinstance(emulator, dict):
        known = ", ".join(boards())
        raise UsageError(
            f"{board!r} cannot be simulated",
            remedy=f"choose from {known}" if known else "install runicd anew: its boards are gone",
        )
    wanted = ("machine",) if emulator.get("kind") != _PROCESS else ()
    complete = (
        emulator.get("kind") in _KINDS
        and all(isinstance(emulator.get(key), str) for key in wanted)
        and isinstance(fields.get("facts", {}).get("heap_bytes"), int)
        and isinstance(fields.get("board", {}).get("firmware"), str)
    )
    if not complete:
        raise InputError("board.toml does not say how to simulate the board", where=board)
    return fields


def _descriptions() -> dict[str, dict[str, Any]]:
    folder = boards_folder()
    if folder is None:
        return {}
    return {path.parent.name: _read(path) for path in sorted(folder.glob("*/board.toml"))}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"cannot be read ({error})", where=str(path)) from error
