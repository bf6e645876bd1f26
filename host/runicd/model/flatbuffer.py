"""Reads flatbuffers that may be broken: every offset and length is checked before it is followed.

Rules: a bad file raises `ModelError`, never anything else. The work is bounded by the file's
size: tables that overlap to make a small file describe a huge one run out of their allowance.
"""

from __future__ import annotations

import struct
from typing import Any

from runicd.errors import ModelError

_SCALARS = {
    "i8": struct.Struct("<b"),
    "u8": struct.Struct("<B"),
    "bool": struct.Struct("<?"),
    "u16": struct.Struct("<H"),
    "i32": struct.Struct("<i"),
    "u32": struct.Struct("<I"),
    "i64": struct.Struct("<q"),
    "u64": struct.Struct("<Q"),
    "f32": struct.Struct("<f"),
}
_MAX_ALLOWANCE_FACTOR = 8


class Buffer:
    """The bytes of one flatbuffer and what reading it may still cost."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._allowance = _MAX_ALLOWANCE_FACTOR * len(data)

    def spend(self, size_bytes: int) -> None:
        """Account for `size_bytes` of reading; raises ModelError when the file is a trap."""
        self._allowance -= size_bytes
        if self._allowance < 0:
            raise ModelError("its parts overlap so that reading it would never end")

    def check(self, position: int, size_bytes: int, what: str) -> None:
        """Raise ModelError unless [position, position + size_bytes) lies inside the file."""
        if position < 0 or position + size_bytes > len(self.data):
            msg = (
                f"{what} at byte {position} needs {size_bytes} bytes, "
                f"but the file has {len(self.data)}"
            )
            raise ModelError(msg)

    def scalar(self, kind: str, position: int, what: str) -> Any:
        """The number of type `kind` at `position`."""
        layout = _SCALARS[kind]
        self.check(position, layout.size, what)
        self.spend(layout.size)
        return layout.unpack_from(self.data, position)[0]

    def root(self, what: str) -> Table:
        """The root table."""
        return Table(self, self.scalar("u32", 0, what), what)


class Table:
    """One table: fields by position, each with the default that an absent field has."""

    def __init__(self, buffer: Buffer, position: int, what: str) -> None:
        self._buffer = buffer
        self.position = position
        self.what = what
        self._vtable = position - buffer.scalar("i32", position, what)
        self._vtable_bytes = buffer.scalar("u16", self._vtable, f"{what}'s field list")
        self._table_bytes = buffer.scalar("u16", self._vtable + 2, f"{what}'s field list")
        buffer.check(self._vtable, self._vtable_bytes, f"{what}'s field list")
        buffer.check(position, self._table_bytes, what)

    def _field(self, position: int) -> int | None:
        entry = 4 + 2 * position
        if entry + 2 > self._vtable_bytes:
            return None
        offset: int = self._buffer.scalar("u16", self._vtable + entry, self.what)
        return self.position + offset if offset else None

    def scalar(self, position: int, kind: str, default: float = 0) -> Any:
        """The number in field `position`, or `default` where the field is absent."""
        field = self._field(position)
        return default if field is None else self._buffer.scalar(kind, field, self.what)

    def target(self, position: int) -> int | None:
        """Where in the file that lies which field `position` points to; None when absent."""
        field = self._field(position)
        if field is None:
            return None
        offset: int = self._buffer.scalar("u32", field, self.what)
        return field + offset

    def table(self, position: int, what: str) -> Table | None:
        """The table that field `position` points to."""
        target = self.target(position)
        return None if target is None else Table(self._buffer, target, what)

    def vector(self, position: int, element_bytes: int, what: str) -> tuple[int, int]:
        """Where the vector's elements start and how many there are (0, 0 when absent)."""
        target = self.target(position)
        if target is None:
            return 0, 0
        count: int = self._buffer.scalar("u32", target, what)
        self._buffer.check(target + 4, count * element_bytes, what)
        self._buffer.spend(count * element_bytes)
        return target + 4, count

    def numbers(self, position: int, kind: str, what: str) -> tuple[Any, ...]:
        """The vector of numbers in field `position`, empty when absent."""
        layout = _SCALARS[kind]
        start, count = self.vector(position, layout.size, what)
        return struct.unpack_from(f"<{count}{layout.format[-1]}", self._buffer.data, start)

    def bytes(self, position: int, what: str) -> bytes:
        """The byte vector in field `position`, empty when absent."""
        start, count = self.vector(position, 1, what)
        return self._buffer.data[start : start + count]

    def text(self, position: int, what: str) -> str:
        """The string in field `position`; bytes that are not UTF-8 become U+FFFD."""
        return self.bytes(position, what).decode("utf-8", "replace")

    def tables(self, position: int, what: str) -> list[Table]:
        """The vector of tables in field `position`, empty when absent."""
        start, count = self.vector(position, 4, f"the list of {what}s")
        found = []
        for index in range(count):
            entry = start + 4 * index
            offset: int = self._buffer.scalar("u32", entry, what)
            found.append(Table(self._buffer, entry + offset, f"{what} {index}"))
        return found
