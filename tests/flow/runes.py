"""Runes for the flow tests, built by the real builder."""

from pathlib import Path

import runicd
from runicd.runefile.wasm_module import read_module
from runicd.types import Rune
from tests.board import ROOT

SINE = ROOT / "runes" / "sine"
DIGITS = ROOT / "runes" / "digits"


def padded(rune: Rune, total_bytes: int) -> Rune:
    """Return the Rune with a custom section that makes its file that large."""
    name = b".padding"
    room = total_bytes - len(rune.data) - 1 - 5 - 1 - len(name)
    body = bytes([len(name)]) + name + bytes(range(256)) * (room // 256) + bytes(room % 256)
    data = rune.data + b"\0" + _five_byte_length(len(body)) + body
    assert len(data) == total_bytes
    assert read_module(data).custom(".padding")
    return Rune(rune.name, data, rune.manifest)


def large_sine() -> Rune:
    """Return a working Rune of 300 KB."""
    return padded(runicd.build(SINE), 300_000)


def large_sine_file(folder: Path) -> Path:
    """Write the Rune of 300 KB into a file."""
    path = folder / "large.rune"
    path.write_bytes(large_sine().data)
    return path


def _five_byte_length(number: int) -> bytes:
    groups = [(number >> shift) & 0x7F for shift in range(0, 35, 7)]
    return bytes([*(group | 0x80 for group in groups[:4]), groups[4]])
