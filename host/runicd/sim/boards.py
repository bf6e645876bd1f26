"""Simulated boards: starts, lists, restarts and stops firmware processes.

A board is a process of its own that outlives the command, its serial line is a pty; one that is a
program of this machine listens on a TCP port, too. All that is known about it stands in
`sim/<id>/board.json` in the state folder, beside its flash and its log; the process table
decides whether it lives.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from runicd.errors import SimulatorError, TargetError, UsageError
from runicd.sim import limits, record
from runicd.sim.firmware import Firmware
from runicd.sim.launch import end, launch
from runicd.sim.processes import Process, by_number
from runicd.sim.record import SimulatedBoard
from runicd.sim.sensors import Sources
from runicd.sim.state import boards_folder, locked

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


@dataclass(frozen=True, slots=True)
class Options:
    """How to start a board: its sensors, whether their files end or start over, its heap.

    `baud` paces its serial line, 0 leaves it as fast as it can be. `limits` are others than those
    of [limits] in its board.toml, by name.
    """

    sources: Sources = field(default_factory=Sources)
    once: bool = False
    heap_bytes: int = 0
    ephemeral: bool = False
    name: str = ""
    baud: int = 0
    limits: Mapping[str, int] = field(default_factory=dict)


def start(firmware: Firmware, options: Options) -> SimulatedBoard:
    """Start a board and wait until its service answers for it; SimulatorError when it does not.

    A board that QEMU emulates gets no files from here: they are fed to it over its link.
    """
    check_name(options.name)
    if firmware.machine and options.heap_bytes > firmware.heap_bytes:
        raise UsageError(
            f"the heap of {firmware.board} has {firmware.heap_bytes} bytes",
            remedy="give --heap less, or leave it out",
        )
    folder = _new_folder(firmware.board)
    owner = by_number(os.getpid()) if options.ephemeral else Process()
    try:
        board = SimulatedBoard(
            id=folder.name,
            board=firmware.board,
            name=options.name or folder.name,
            owner=owner.pid,
            owner_started=owner.started,
            arguments=tuple(_arguments(firmware, options, folder)),
            heap_bytes=options.heap_bytes or firmware.heap_bytes,
            firmware=str(firmware.path),
            machine=firmware.machine,
            cpu=firmware.cpu,
            baud=options.baud,
            plain=firmware.plain,
        )
        return launch(board)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _arguments(firmware: Firmware, options: Options, folder: Path) -> list[str]:
    """Return what a board is told at its start: sensors, limits, and an emulated one its heap."""
    limited = limits.arguments(options.limits)
    if firmware.machine:
        given = {"random": options.sources.random, "heap": options.heap_bytes or None}
        known = {name: value for name, value in given.items() if value is not None}
        return [*(f"{name}={value}" for name, value in known.items()), *limited]
    arguments = options.sources.arguments(folder / "sensor-files")
    arguments += [word for limit in limited for word in ("--limit", limit)]
    return [*arguments, "--once"] if options.once else arguments


def check_name(name: str) -> None:
    """Raise UsageError for a name that no `-t` could find, or that another board has."""
    if not name:
        return
    if not _NAME.fullmatch(name):
        remedy = "use letters, digits, '_', '.', '-'"
        raise UsageError(f"{name!r} is no name for a board", remedy=remedy)
    taken = [board.id for board in listed() if name in (board.id, board.name)]
    if taken:
        raise UsageError(f"{taken[0]} is called {name!r} already", remedy="choose another name")


def restart(board: SimulatedBoard) -> SimulatedBoard:
    """Cut a board's power and switch it on again: the same flash and port, a new process and pty.

    Only where somebody else has taken the port meanwhile does the board get another.
    """
    with locked():
        running = current(board)
        _claim(board.folder)
    end(running, signal.SIGKILL)
    try:
        return launch(board)
    except SimulatorError:
        if not board.tcp_port:
            raise
        return launch(replace(board, tcp_port=0))
    finally:
        # One that did not start again is there for another try.
        (board.folder / "starting").unlink(missing_ok=True)


def current(board: SimulatedBoard) -> SimulatedBoard:
    """Return what the board's state file says: somebody else may have restarted it meanwhile."""
    return record.read(board.folder) or board


def stop(board: SimulatedBoard) -> None:
    """End a board's process for certain and remove its folder."""
    end(current(board), signal.SIGTERM)
    shutil.rmtree(board.folder, ignore_errors=True)


def listed() -> list[SimulatedBoard]:
    """Return all boards, living and dead, those of running commands included."""
    with locked():
        return [board for _, board in _found() if board]


def boards() -> list[SimulatedBoard]:
    """Return the boards that live, those of running commands included."""
    return [board for board in listed() if board.serves]


def ended() -> list[SimulatedBoard]:
    """Return the boards that ended by themselves and are there with their flash and log."""
    return [board for board in listed() if not board.owner and not board.serves]


def clear_orphans() -> list[str]:
    """Remove boards whose command is gone, and folders that say nothing; return their ids.

    Boards that ended by themselves stay, until `stop` or `restart`.
    """
    removed: list[str] = []
    with locked():
        for folder, board in _found():
            if board and not board.orphaned:
                continue
            if board:
                stop(board)
            shutil.rmtree(folder, ignore_errors=True)
            removed.append(folder.name)
    return removed


def ids() -> list[str]:
    """Return the ids of all boards, living and dead."""
    return [board.id for board in listed()]


def names() -> list[str]:
    """Return what `find` knows boards by: ids, and the names of those that stay."""
    found = listed()
    return [board.id for board in found] + [board.name for board in found if not board.owner]


def find(text: str, *, dead_too: bool = False) -> SimulatedBoard:
    """Return the board of that id or name. Raises TargetError when there is none, or it ended."""
    found = listed()
    named = [board for board in found if board.id == text]
    named = named or [board for board in found if board.name == text and not board.owner]
    if not named:
        raise TargetError("no such simulated board", where=text, remedy="see `runicd sim ls`")
    board = named[0]
    if not dead_too and not board.serves:
        raise TargetError(
            "the simulated board has ended",
            where=board.label,
            remedy=f"`runicd sim restart {board.label}` starts it again with its flash",
        )
    return board


def _found() -> list[tuple[Path, SimulatedBoard | None]]:
    """Return the folders of boards, with what their state files say, but those being started."""
    folders = [folder for folder in boards_folder().iterdir() if folder.is_dir()]
    settled = [folder for folder in folders if not _being_started(folder)]
    return [(folder, record.read(folder)) for folder in sorted(settled, key=_natural_order)]


def _natural_order(folder: Path) -> tuple[str, int]:
    stem, _, number = folder.name.rpartition("-")
    return (stem, int(number)) if number.isdigit() else (folder.name, 0)


def _new_folder(board: str) -> Path:
    """Make the folder of the lowest free id and claim it for this process."""
    with locked():
        for number in range(1, 10000):
            folder = boards_folder() / f"{board}-{number}"
            with contextlib.suppress(FileExistsError):
                folder.mkdir()
                _claim(folder)
                return folder
    raise SimulatorError("too many simulated boards", remedy="run `runicd sim down`")


def _claim(folder: Path) -> None:
    """Say that this process is starting the board, so that nobody takes it for a dead one."""
    (folder / "starting").write_text(f"{os.getpid()} {by_number(os.getpid()).started}")


def _being_started(folder: Path) -> bool:
    try:
        pid, _, started = (folder / "starting").read_text().partition(" ")
        return Process(int(pid), started).runs
    except (OSError, ValueError):
        return False
