"""The memory that board.toml states: the linker, the firmware and what it calls keep to it."""

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from runicd.sim import firmware
from tests.board import ROOT

pytestmark = pytest.mark.skipif(
    shutil.which("arm-none-eabi-gcc") is None, reason="no arm-none-eabi-gcc here"
)

_STACK_BYTES = 32 * 1024
# What a restart keeps, a journal of 4 KB with it; the heap after it begins at a multiple of 16.
_KEPT_BYTES = 4608
_ALLOCATORS = {"malloc", "calloc", "realloc", "_malloc_r", "_sbrk", "_sbrk_r", "sbrk"}
# Variables of MicroPython and of newlib; 4 KB of it put the serial line's input aside.
_VARIABLES_BYTES = 8 * 1024


def _stated(kind: str) -> tuple[int, int]:
    """Return (heap, RAM in all) of a board, in bytes."""
    board = tomllib.loads((ROOT / "boards" / kind / "board.toml").read_text())
    return board["facts"]["heap_bytes"], board["budgets"]["ram_bytes"]


def _link(folder: Path, kind: str, variables_bytes: int) -> str:
    """Link a program with so many bytes of variables; return what the linker complained of."""
    heap_bytes, ram_bytes = _stated(kind)
    source = folder / "program.c"
    source.write_text(
        f"char variables[{variables_bytes}];\n"
        '__attribute__((section(".vectors"), used)) char *const kept = variables;\n'
    )
    script = ROOT / "boards" / "mps" / "mps.ld"
    ended = subprocess.run(
        [
            *("arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb", "-nostdlib", "-nostartfiles"),
            *(f"-L{ROOT / 'boards' / kind}", "-T", script, source, "-o", folder / "program.elf"),
            *(f"-Wl,--defsym=heap_bytes={heap_bytes}", f"-Wl,--defsym=ram_bytes={ram_bytes}"),
            "-Wl,--no-warn-rwx-segments",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode == 0) == (ended.stderr == ""), ended.stderr
    return ended.stderr


def _symbols(kind: str) -> dict[str, int]:
    """Return the addresses of all that a board's firmware names."""
    listed = subprocess.run(
        ["arm-none-eabi-nm", firmware.find(kind).path], capture_output=True, text=True, check=True
    ).stdout
    rows = [row.split() for row in listed.splitlines()]
    return {row[2]: int(row[0], 16) for row in rows if len(row) == 3}


def test_what_needs_more_ram_than_the_board_states_does_not_link(
    kind: str, tmp_path: Path
) -> None:
    heap_bytes, ram_bytes = _stated(kind)
    left = ram_bytes - heap_bytes - _STACK_BYTES - _KEPT_BYTES
    assert _link(tmp_path, kind, left) == ""
    assert "RAM: more than ram_bytes of board.toml" in _link(tmp_path, kind, left + 16)


def test_firmware_has_the_heap_and_no_other_memory_to_allocate_from(kind: str) -> None:
    """So native modules, wasm3 and newlib take what they need from the budget, or do without."""
    symbols = _symbols(kind)
    assert not _ALLOCATORS & set(symbols)
    assert symbols["heap_end"] - symbols["heap_start"] == _stated(kind)[0]
    assert symbols["stack_top"] - symbols["stack_low"] == _STACK_BYTES
    assert symbols["bss_end"] - symbols["data_start"] <= _VARIABLES_BYTES


def test_floats_go_in_registers_where_the_core_has_them(kind: str) -> None:
    header = subprocess.run(
        ["arm-none-eabi-readelf", "-h", firmware.find(kind).path],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert ("soft-float ABI" if kind == "mps2_an385" else "hard-float ABI") in header
