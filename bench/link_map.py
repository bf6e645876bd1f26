"""Reads a linker's map: which bytes of a firmware come from which function of which part.

A part is a native module by its name, or one of the names below. Errors: ValueError for a file
that is no map of GNU ld.
"""

import bisect
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

NATIVE_MODULES = (
    "chunks",
    "console",
    "crypto",
    "dsp",
    "journal",
    "nn",
    "regions",
    "rune",
    "wasm3",
)
RUNICOS = "RunicOS (bytecode)"
MICROPYTHON = "MicroPython"
C_LIBRARY = "C library"
PORT = "port"
PADDING = "padding"
PARTS = (*NATIVE_MODULES, RUNICOS, PORT, MICROPYTHON, C_LIBRARY, PADDING)
# Sections that are in flash, and those that are in RAM from the start. Data is in both.
IN_FLASH = (".vectors", ".text", ".ARM.exidx", ".data")
IN_RAM = (".data", ".bss")
_THIRD_PARTY = {"wasm3-": "wasm3", "cmsisdsp-": "dsp", "monocypher-": "crypto"}
_BEGIN = "Linker script and memory map"
_PIECE = re.compile(r"^ (\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S.*)$")
_FILL = re.compile(r"^ \*fill\*\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of bytes: its output section, the input section's name, and the part it belongs to."""

    section: str
    name: str
    address: int
    size: int
    part: str
    object: str

    @property
    def function(self) -> str:
        """Return the function's name; the object's where functions have no sections."""
        name = re.sub(r"^\.text\.?", "", self.name)
        return name or self.object


@dataclass(frozen=True, slots=True)
class LinkMap:
    """A firmware's pieces by rising address."""

    pieces: tuple[Piece, ...]

    def sizes(self, sections: Sequence[str]) -> dict[str, int]:
        """Return the bytes of each part in some output sections."""
        sizes: Counter[str] = Counter()
        for piece in self.pieces:
            if piece.section in sections:
                sizes[piece.part] += piece.size
        return dict(sizes)

    def find(self, address: int) -> Piece | None:
        """Return the piece at an address, or None."""
        at = bisect.bisect_right(self.pieces, address, key=lambda piece: piece.address) - 1
        if at < 0 or address >= self.pieces[at].address + self.pieces[at].size:
            return None
        return self.pieces[at]


def read(path: Path) -> LinkMap:
    """Return what a map says of the sections that take memory."""
    text = path.read_text()
    if _BEGIN not in text:
        raise ValueError(f"{path}: no linker's map")
    listed = text[text.index(_BEGIN) :]
    # A long name stands on a line of its own, before its address.
    listed = re.sub(r"^( \.\S+)\n\s+0x", r"\1 0x", listed, flags=re.MULTILINE)
    section = ""
    pieces = []
    for line in listed.splitlines():
        if line[:1] not in ("", " "):
            section = line.split()[0]
        elif section in (*IN_FLASH, *IN_RAM):
            pieces += _piece(section, line)
    return LinkMap(tuple(_without_overlaps(sorted(pieces, key=lambda piece: piece.address))))


def _without_overlaps(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Yield the pieces, cut where the next begins: strings that were merged stand there too."""
    for piece, after in itertools.zip_longest(pieces, pieces[1:]):
        room = piece.size if after is None else after.address - piece.address
        if room > 0:
            yield replace(piece, size=min(piece.size, room))


def _piece(section: str, line: str) -> list[Piece]:
    if fill := _FILL.match(line):
        return [Piece(section, "", int(fill[1], 16), int(fill[2], 16), PADDING, "")]
    found = _PIECE.match(line)
    if found is None or int(found[3], 16) == 0:
        return []
    name = Path(found[4]).name
    return [
        Piece(section, found[1], int(found[2], 16), int(found[3], 16), part_of(found[4]), name)
    ]


def part_of(path: str) -> str:
    """Return the part that an object file belongs to."""
    if re.search(r"\.a\(\S+\)$|/crt\w+\.o$", path):
        return C_LIBRARY
    for beginning, part in _THIRD_PARTY.items():
        if f"/{beginning}" in path:
            return part
    folders = Path(path).parts[:-1]
    if Path(path).name == "frozen_content.o":
        return RUNICOS
    if any(folder in ("py", "extmod", "shared", "lib") for folder in folders[-3:]):
        return MICROPYTHON
    # As deep as nn/kernels/fast.
    owners = [folder for folder in folders[-3:] if folder in NATIVE_MODULES]
    return owners[0] if owners else PORT
