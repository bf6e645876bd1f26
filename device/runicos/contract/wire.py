"""Bytes to frames and back; no I/O, no clock, the same on host and board.

A frame on the line is START, the stuffed body, END. Stuffing replaces the bytes that a terminal or
the REPL would act on, and START, END and ESCAPE themselves, by ESCAPE and the byte with bit 6
flipped. START and END never occur in UTF-8, so REPL text and frames share one line: whatever is
outside a frame is text. START begins a frame even within another, so one that was cut off costs no
later one. Ctrl-C, which no frame holds, says that the sender may have gone and somebody types:
whether what follows is the rest of a damaged frame or text, END or silence tells.

body = kind u8, flags u8, id u16, payload, CRC-32 u32 of all before; little endian.
"""

from binascii import crc32
from struct import pack, unpack_from

PROTOCOL = 1
START = 0xC0
END = 0xC1
ESCAPE = 0x90
REQUEST = 1
RESPONSE = 2
ERROR = 3
EVENT = 4
CHUNK = 5
ACK = 6
MORE = 1
# Of one file as many models may be shared, none of them smaller.
SHARED_MAX = 4
SHARED_MIN_BYTES = 4096
HEADER_BYTES = 4
OVERHEAD_BYTES = HEADER_BYTES + 4

_START = b"\xc0"
_END = b"\xc1"
_ESCAPE = b"\x90"
# What is stuffed, and by what: ESCAPE and the byte with bit 6 flipped. ESCAPE first: the others'
# replacements contain it. Written out, so that it lies in a board's flash.
_PAIRS = (
    (b"\x90", b"\x90\xd0"),
    (b"\xc0", b"\x90\x80"),
    (b"\xc1", b"\x90\x81"),
    (b"\x01", b"\x90A"),
    (b"\x02", b"\x90B"),
    (b"\x03", b"\x90C"),
    (b"\x04", b"\x90D"),
    (b"\x05", b"\x90E"),
    (b"\x11", b"\x90Q"),
    (b"\x13", b"\x90S"),
)


def stuff(body: bytes) -> bytes:
    """Return the body with every reserved byte escaped."""
    for plain, escaped in _PAIRS:
        body = body.replace(plain, escaped)
    return body


def unstuff(stuffed: bytes) -> "bytes | None":
    """Return the body, or None if an escape is cut off."""
    # One buffer and no list of parts: a frame full of escapes must fit a small heap too.
    plain = bytearray(len(stuffed))
    source = memoryview(stuffed)
    filled = start = 0
    at = stuffed.find(_ESCAPE)
    while at >= 0:
        if at + 1 == len(stuffed):
            return None
        plain[filled : filled + at - start] = source[start:at]
        filled += at - start
        plain[filled] = stuffed[at + 1] ^ 0x40
        filled += 1
        start = at + 2
        at = stuffed.find(_ESCAPE, start)
    end = filled + len(stuffed) - start
    plain[filled:end] = source[start:]
    return bytes(memoryview(plain)[:end])


def encode(kind: int, flags: int, frame_id: int, payload: "bytes | memoryview") -> bytes:
    """Return one frame, ready for the line. `frame_id` is 0 to 65535."""
    body = pack("<BBH", kind, flags, frame_id) + bytes(payload)
    return _START + stuff(body + pack("<I", crc32(body) & 0xFFFFFFFF)) + _END


def encode_message(kind: int, frame_id: int, payload: bytes, payload_max: int) -> "list[bytes]":
    """Return the frames of a message whose payload may exceed `payload_max` bytes;

    All but the last say MORE.
    """
    frames = []
    start = 0
    while len(payload) - start > payload_max:
        frames.append(encode(kind, MORE, frame_id, payload[start : start + payload_max]))
        start += payload_max
    frames.append(encode(kind, 0, frame_id, payload[start:]))
    return frames


def decode_body(stuffed: bytes) -> "tuple[int, int, int, bytes] | None":
    """Return (kind, flags, id, payload) of a stuffed body, or None if it is damaged."""
    body = unstuff(stuffed)
    if body is None or len(body) < OVERHEAD_BYTES:
        return None
    end = len(body) - 4
    if unpack_from("<I", body, end)[0] != crc32(body[:end]) & 0xFFFFFFFF:
        return None
    kind, flags, frame_id = unpack_from("<BBH", body, 0)
    return kind, flags, frame_id, body[HEADER_BYTES:end]


class Decoder:
    """Separates a byte stream into frames and text.

    Feed it what arrives, in any pieces; take frames and text out. Damaged frames are counted and
    dropped; a frame longer than `body_max` bytes on the line is dropped without being stored.
    `in_frame` says whether a frame was begun and not ended, `interrupted` whether a Ctrl-C came
    within it.
    """

    def __init__(self, body_max: int) -> None:
        self._line_max = 2 * body_max + 2
        self._buffer = b""
        self.in_frame = False
        self._overlong = False
        self.interrupted = False
        self.frames: "list[tuple[int, int, int, bytes]]" = []
        self.text = b""
        self.damaged = 0

    def feed(self, data: "bytes | memoryview") -> None:
        """Take in bytes from the line; results are added to `frames` and `text`."""
        first, *begun = bytes(data).split(_START)
        self._piece(first)
        for piece in begun:
            self._begin()
            self._piece(piece)

    def take_text(self) -> bytes:
        """Return the bytes outside frames that came since the last time."""
        text, self.text = self.text, b""
        return text

    def reset(self) -> None:
        """Forget a frame that was begun: its sender has gone."""
        self._buffer = b""
        self.in_frame = False
        self._overlong = False
        self.interrupted = False

    def give_up(self) -> None:
        """Forget a frame whose sender fell silent; what came from a Ctrl-C on was text."""
        if self.interrupted:
            self.text += self._buffer
        self.reset()

    def _begin(self) -> None:
        if self.in_frame:
            self.damaged += 1
        self.reset()
        self.in_frame = True

    def _piece(self, piece: bytes) -> None:
        """Take in bytes without a START: the rest of a frame, its END, then text."""
        if not self.in_frame:
            self.text += piece
            return
        end = piece.find(_END)
        if end < 0:
            self._store(piece)
            return
        self._store(piece[:end])
        self._end()
        self.text += piece[end + 1 :]

    def _store(self, piece: bytes) -> None:
        at = -1 if self.interrupted else piece.find(b"\x03")  # Ctrl-C
        if at >= 0:
            self.interrupted = True
            self._overlong = False
            self._buffer = b""
            piece = piece[at:]
        if len(self._buffer) + len(piece) > self._line_max:
            self._overlong = True
            self._buffer = b""
        elif not self._overlong:
            self._buffer += piece

    def _end(self) -> None:
        frame = None if self._overlong or self.interrupted else decode_body(self._buffer)
        self.reset()
        if frame is None:
            self.damaged += 1
        else:
            self.frames.append(frame)


class Assembler:
    """Joins the frames of one message; messages of different kinds and ids may interleave."""

    def __init__(self, message_max: int) -> None:
        self._message_max = message_max
        self._parts: "dict[tuple[int, int], bytes]" = {}

    def add(self, frame: "tuple[int, int, int, bytes]") -> "tuple[int, int, bytes] | None":
        """Return (kind, id, payload) when a message is whole, else None.

        Raises ValueError when a message, or all that are open, exceed the maximum, or when too
        many are open; all are forgotten. A message in one frame is never the one too many.
        """
        kind, flags, frame_id, payload = frame
        key = (kind, frame_id)
        whole = self._parts.pop(key, b"") + payload
        held = 0
        if flags & MORE:
            held = sum([len(part) for part in self._parts.values()])
            self._parts[key] = whole
        # Empty parts hold no bytes, but they must not pile up either: 16 messages may be open.
        if held + len(whole) > self._message_max or len(self._parts) > 16:
            self._parts.clear()
            raise ValueError("message too long")
        return None if flags & MORE else (kind, frame_id, whole)
