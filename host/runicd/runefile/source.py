"""A Runefile as text, with the place of every character known.

Reading is the first check: a byte that is not UTF-8 is a fault at a line and a column.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from runicd.files import read_bytes
from runicd.runefile.faults import Faults
from runicd.runefile.recognise import neither, seems, seems_text
from runicd.types import Span

MAX_BYTES = 1 << 20
"""No Runefile is larger; a larger file is most likely a model or a Rune given by mistake."""


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one Runefile and the name to show for it."""

    file: str
    text: str

    def span(self, offset: int) -> Span:
        """Return line and column of a character, both from 1."""
        line = self.text.count("\n", 0, offset) + 1
        return Span(self.file, line, offset - (self.text.rfind("\n", 0, offset) + 1) + 1)


def read_source(path: Path) -> Source:
    """Read a Runefile. Raises InputError when that fails, RunefileError when it is no UTF-8."""
    return decode_source(str(path), read_bytes(path, remedy="name a Runefile"))


def decode_source(file: str, data: bytes) -> Source:
    """Turn bytes into text; line ends become newlines. Raises RunefileError.

    Raises InputError for what is of another kind altogether, as a model or a picture.
    """
    faults = Faults()
    if data.startswith(b"\0asm"):
        faults.stop(Span(file), "is a built Rune, not a Runefile", "name the Runefile")
    kind = seems(data)
    if kind:
        raise neither(file, kind)
    if len(data) > MAX_BYTES:
        faults.stop(
            Span(file), f"{len(data)} bytes are too many for a Runefile", "name a Runefile"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        faults.stop(
            Span(file, before.count(b"\n") + 1, column),
            f"byte 0x{data[error.start]:02x} is not UTF-8",
            "save the file as UTF-8",
        )
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    kind = seems_text(file, text)
    if kind:
        raise neither(file, kind)
    return Source(file, text)
