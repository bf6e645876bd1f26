"""`runicd doctor`: what is there, what is not, and what to do about it."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata

from runicd import __version__, targets
from runicd.board_files import repository
from runicd.cli_show import Show
from runicd.client import Client
from runicd.errors import InputError, RunicError, SimulatorError
from runicd.sim import boards as sim
from runicd.sim import firmware
from runicd.sim.state import boards_folder
from runicos.contract import wire

OK = "ok"
MISSING = "missing"
BROKEN = "broken"
OPTIONAL = "optional"
_PYTHON = (3, 11)
_TOOLS = (
    ("clang", "custom blocks in C", "apt-get install clang lld"),
    ("wasm-ld", "custom blocks in C", "apt-get install lld"),
    (firmware.QEMU, "emulated boards", f"apt-get install {firmware.QEMU}"),
    (
        "arm-none-eabi-gcc",
        "building the firmware of emulated boards",
        "apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi",
    ),
    ("make", "building firmware", "apt-get install make"),
)
_COLUMNS = {"what": "What", "state": "State", "found": "Found", "remedy": "What to do"}
_VERSION = re.compile(r"\d+(?:\.\d+)+")
_TOOL_DEADLINE_S = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `remedy` says what to do, where there is something to do.

    `state` is "ok"; "missing" and "broken" for what is needed; "optional" for what is not there
    and only some commands want.
    """

    what: str
    state: str
    found: str
    remedy: str = ""


def doctor(arguments: Namespace, show: Show) -> int:
    """Look at everything; exit code 1 when something needed is missing or broken."""
    findings = [*_runtime(), *_tools(), _state_folder(), *_firmwares(), *_targets()]
    columns = dict(_COLUMNS)
    if not any(finding.remedy for finding in findings):
        del columns["remedy"]
    show.listing([asdict(finding) for finding in findings], columns)
    bad = [finding for finding in findings if finding.state in {MISSING, BROKEN}]
    if not show.json:
        show.note(f"{len(bad)} of {len(findings)} need attention" if bad else "all is well")
    return 1 if bad else 0


def _runtime() -> Iterator[Finding]:
    """Yield runicd, Python and the packages that runicd needs."""
    yield Finding("runicd", OK, f"{__version__}, link protocol {wire.PROTOCOL}")
    enough = sys.version_info[:2] >= _PYTHON
    remedy = "" if enough else f"use Python {_PYTHON[0]}.{_PYTHON[1]} or newer"
    yield Finding("Python", OK if enough else BROKEN, platform.python_version(), remedy)
    for name in _packages():
        try:
            yield Finding(name, OK, metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Finding(name, MISSING, "not installed", f"pip install {name}")


def _packages() -> list[str]:
    """Return the names of the packages that runicd's own metadata asks for."""
    try:
        required = metadata.requires("runicd") or []
    except metadata.PackageNotFoundError:
        return []
    plain = [entry for entry in required if "extra ==" not in entry]
    return [re.split(r"[^A-Za-z0-9_.-]", entry)[0] for entry in plain]


def _tools() -> Iterator[Finding]:
    """Yield the programs that only some commands need."""
    for name, purpose, remedy in _TOOLS:
        path = shutil.which(name)
        if path is None:
            yield Finding(name, OPTIONAL, f"not installed; for {purpose}", f"`{remedy}`")
        else:
            yield Finding(name, OK, _version(path))


def _version(path: str) -> str:
    """Return the first number that a program says of its version, or its path."""
    try:
        said = subprocess.run(
            [path, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TOOL_DEADLINE_S,
            stdin=subprocess.DEVNULL,
            check=False,
        ).stdout
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{path} does not run ({error})"
    number = _VERSION.search(said)
    return number[0] if number else path


def _state_folder() -> Finding:
    try:
        folder = boards_folder()
    except InputError as error:
        return Finding("state folder", BROKEN, str(error), error.remedy)
    if os.access(folder, os.W_OK):
        return Finding("state folder", OK, str(folder))
    remedy = "set RUNICD_STATE_DIR to a folder that you may write to"
    return Finding("state folder", BROKEN, f"{folder} cannot be written to", remedy)


def _firmwares() -> Iterator[Finding]:
    """Start every firmware for a moment: only the board itself knows which protocol it speaks."""
    found = list(map(_firmware, firmware.boards()))
    if not found:
        yield Finding("boards", MISSING, "no descriptions of boards", "install runicd anew")
    yield from found
    # One board is enough to work with.
    if found and all(finding.state == OPTIONAL for finding in found):
        yield Finding("firmware", MISSING, "there is none for any board", "run `make firmware`")


def _firmware(board: str) -> Finding:
    what = f"firmware of {board}"
    try:
        built = firmware.find(board)
    except SimulatorError as error:
        return Finding(what, OPTIONAL, error.what, error.remedy)
    except RunicError as error:
        return Finding(what, BROKEN, str(error), error.remedy)
    remedy = f"`runicd flash --board {board}` builds it anew"
    try:
        started = sim.start(built, sim.Options(ephemeral=True))
        try:
            with Client(targets.of_simulated(started).connect) as client:
                greeting = client.greeting
        finally:
            sim.stop(started)
    except RunicError as error:
        return Finding(what, BROKEN, error.what, remedy)
    said = f"RunicOS {greeting.version}, link protocol {greeting.protocol}"
    if repository() is not None and greeting.version != __version__:
        return Finding(what, BROKEN, f"{said}, but this is runicd {__version__}", remedy)
    return Finding(what, OK, f"{said}: {built.path}")


def _targets() -> Iterator[Finding]:
    """Yield whether each target answers, and whether its port may be opened."""
    for board in sim.ended():
        remedy = f"`runicd sim restart {board.label}`, or `runicd sim down {board.label}`"
        yield Finding(board.label, OPTIONAL, "has ended", remedy)
    for target in targets.all_targets():
        if target.bare:
            continue
        try:
            with Client(target.connect, interrupts=False) as client:
                said = f"{client.greeting.board}, RunicOS {client.greeting.version}"
            yield Finding(target.id, OK, said)
        except RunicError as error:
            permitted = not target.id.startswith("/") or os.access(target.id, os.R_OK | os.W_OK)
            yield Finding(target.id, OPTIONAL if permitted else BROKEN, error.what, error.remedy)
