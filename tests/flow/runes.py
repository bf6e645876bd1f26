"""Runes for the flow tests, built by the real builder."""

from pathlib import Path

import runicd
from runicd.keys.sign import unsigned
from runicd.runefile.emit_wasm import custom_section
from runicd.runefile.wasm_module import read_module
from runicd.simulate import chosen_board
from runicd.types import Rune
from runicos.contract.signature import SECTION_BYTES
from tests.board import ROOT
from tests.signing import signed

SINE = ROOT / "runes" / "sine"
DIGITS = ROOT / "runes" / "digits"
# An emulated serial line is slower than TCP within this machine: less takes as long there.
LARGE_BYTES = 300_000 if chosen_board() == "unix" else 60_000


def padded(rune: Rune, total_bytes: int) -> Rune:
    """Return the Rune with a custom section that makes its file that large."""
    plain = unsigned(rune.data)
    room = total_bytes - SECTION_BYTES - len(plain)
    # How long the head is depends on how much follows it.
    head = next(h for h in range(9, 16) if len(_padding(room - h)) == room)
    data = signed(plain + _padding(room - head))
    assert len(data) == total_bytes
    assert read_module(data).custom(".padding")
    return Rune(rune.name, data, rune.manifest)


def large_sine() -> Rune:
    """Return a working Rune that takes a while to send."""
    return padded(runicd.build(SINE), LARGE_BYTES)


def large_sine_file(folder: Path) -> Path:
    """Write that Rune into a file."""
    path = folder / "large.rune"
    path.write_bytes(large_sine().data)
    return path


def _padding(size: int) -> bytes:
    return custom_section(".padding", bytes(range(256)) * (size // 256) + bytes(size % 256))
