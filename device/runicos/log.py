"""The log: the last records in a ring of fixed size; the oldest go first.

A record is head and texts one after the other, wrapping round the end of the buffer never: what
does not fit before the end starts at the beginning. Writing keeps nothing on the heap.
"""

from struct import pack_into, unpack_from

from micropython import const

ERROR = 0
WARNING = 1
INFO = 2
DEBUG = 3
LEVELS = ("error", "warning", "info", "debug")

# bytes u16, level u8, name length u8, sequence u32, ticks_ms u32
_HEAD = "<HBBII"
_HEAD_BYTES = const(12)
TEXT_MAX_BYTES = 240
_NAME_MAX_BYTES = const(63)


class Log:
    """Records numbered from 1; `ticks_ms` is the board's clock."""

    def __init__(self, capacity_bytes: int, ticks_ms: object) -> None:
        self._buffer = bytearray(capacity_bytes)
        self._capacity = capacity_bytes
        self._ticks_ms = ticks_ms
        self._first = 0  # offset of the oldest record
        self._end = 0  # offset after the newest
        self._wrap = capacity_bytes  # where the part before the end of the buffer stops
        self._count = 0
        self.sequence = 0

    def write(self, level: int, name: str, text: str) -> None:
        """Add a record; the text is cut at TEXT_MAX_BYTES."""
        name_bytes = name.encode()[:_NAME_MAX_BYTES]
        text_bytes = text.encode()[:TEXT_MAX_BYTES]
        length = _HEAD_BYTES + len(name_bytes) + len(text_bytes)
        self.sequence += 1
        at = self._make_room(length)
        now_ms = self._ticks_ms() & 0xFFFFFFFF
        pack_into(_HEAD, self._buffer, at, length, level, len(name_bytes), self.sequence, now_ms)
        at += _HEAD_BYTES
        self._buffer[at : at + len(name_bytes)] = name_bytes
        at += len(name_bytes)
        self._buffer[at : at + len(text_bytes)] = text_bytes

    def read(self, name: "str | None", after: int, limit: int) -> "list[list[object]]":
        """Return up to `limit` records [sequence, level, name, ticks_ms, text] later than `after`.

        With a name, only that Rune's.
        """
        found: "list[list[object]]" = []
        at = self._first
        for _ in range(self._count):
            if len(found) >= limit:
                break
            if at == self._wrap:
                at = 0
            length = unpack_from("<H", self._buffer, at)[0]
            record = self._record(at, length)
            if record[0] > after and name in (None, record[2]):
                found.append(record)
            at += length
        return found

    def _record(self, at: int, length: int) -> "list[object]":
        _, level, name_length, sequence, ticks_ms = unpack_from(_HEAD, self._buffer, at)
        start = at + _HEAD_BYTES
        name = str(self._buffer[start : start + name_length], "utf-8")
        text = _decode(self._buffer[start + name_length : at + length])
        return [sequence, LEVELS[level], name, ticks_ms, text]

    def _make_room(self, length: int) -> int:
        """Drop old records until `length` bytes are free after the newest; return their offset."""
        if self._end + length > self._capacity:
            while self._count and self._first >= self._end:
                self._drop()
            self._wrap = self._end
            self._end = 0
        while self._count and self._end <= self._first < self._end + length:
            self._drop()
        at = self._end
        self._end += length
        self._count += 1
        if self._count == 1:
            self._first = at
        return at

    def _drop(self) -> None:
        self._first += unpack_from("<H", self._buffer, self._first)[0]
        self._count -= 1
        if self._first == self._wrap:
            self._first = 0
            self._wrap = self._capacity


def _decode(raw: bytearray) -> str:
    """Decode text that may have been cut within a character, or never was UTF-8."""
    try:
        return str(raw, "utf-8")
    except (UnicodeError, ValueError):
        return "".join([chr(byte) if 32 <= byte < 127 else "?" for byte in raw])
