"""Builds C programs that run alone on an emulated MPS board, to be counted by bench.counter.

A program is its own sources, each with flags of its own, and what bench/kernel_program/host.h
promises; memory is laid out as in the board's firmware.
"""

import hashlib
import subprocess
import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.counter import CounterError

ROOT = Path(__file__).parents[1]
COMPILER = "arm-none-eabi-gcc"
HOST = ROOT / "bench/kernel_program"
SHARED = (HOST / "host_board.c", ROOT / "boards/mps/semihosting.c")
# As the firmware is built, but for optimisation, which every source states.
BASE_FLAGS = ("-mthumb", "-std=gnu11", "-DNDEBUG", "-ffunction-sections", "-fdata-sections")
LINK_FLAGS = (
    *("-nostartfiles", "-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments"),
    *("-Wl,--defsym=heap_bytes=0", "-Wl,--defsym=ram_bytes=0x100000"),
)
INCLUDED = (HOST, ROOT / "boards/mps", ROOT / "native_modules/include")


@dataclass(frozen=True, slots=True)
class Source:
    """C files that are compiled with the same flags, optimisation among them."""

    files: tuple[Path, ...]
    flags: tuple[str, ...] = ("-O2", "-Wall", "-Wextra", "-Werror")


def machine(board: str) -> str:
    """Return QEMU's name of a board's machine."""
    stated = tomllib.loads((ROOT / "boards" / board / "board.toml").read_text())
    return str(stated["emulator"]["machine"])


def core_flags(board: str) -> tuple[str, ...]:
    """Return the compiler's flags for a board's core, as board.mk states them."""
    for line in (ROOT / "boards" / board / "board.mk").read_text().splitlines():
        if line.startswith("CPU_FLAGS ="):
            return tuple(line.partition("=")[2].split())
    raise CounterError(f"boards/{board}/board.mk names no CPU_FLAGS")


def build(board: str, name: str, sources: Sequence[Source]) -> Path:
    """Compile and link what has changed; return the program. Raises CounterError."""
    folder = ROOT / "build" / "bare" / board
    folder.mkdir(parents=True, exist_ok=True)
    objects = [
        _compiled(board, file, each.flags, folder)
        for each in (Source(SHARED), *sources)
        for file in each.files
    ]
    places = ["-L", str(ROOT / "boards" / board), "-T", str(ROOT / "boards/mps/mps.ld")]
    command = [COMPILER, "-mthumb", *core_flags(board), *LINK_FLAGS, *places, *objects, "-lm"]
    return _made(command, folder, name, ".elf", " ".join(command))


def _compiled(board: str, file: Path, flags: Sequence[str], folder: Path) -> str:
    """Return the object of one file."""
    included = [f"-I{place}" for place in INCLUDED]
    command = [COMPILER, *BASE_FLAGS, *core_flags(board), *included, *flags]
    made_of = _run([*command, "-E", str(file)]) + " ".join(command)
    return str(_made([*command, "-c", str(file)], folder, file.stem, ".o", made_of))


def _made(command: Sequence[str], folder: Path, name: str, suffix: str, made_of: str) -> Path:
    """Return what the command makes, made anew when what it is made of has changed.

    The name tells what it is made of, so that tests running side by side do not meet.
    """
    digest = hashlib.sha256(made_of.encode()).hexdigest()[:16]
    made = folder / f"{name}-{digest}{suffix}"
    if not made.is_file():
        with tempfile.TemporaryDirectory(dir=folder) as work:
            unfinished = Path(work) / made.name
            _run([*command, "-o", str(unfinished)])
            unfinished.replace(made)
    return made


def _run(command: Sequence[str]) -> str:
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise CounterError(f"{command[0]} is not installed; `make setup-boards` does it") from None
    if ran.returncode != 0:
        raise CounterError(f"{' '.join(command)}:\n{ran.stderr[-4000:]}")
    return ran.stdout
