"""What every link to a host has: a decoder for what arrives and frames to send.

A subclass moves the bytes: `read_into(buffer)` returns how many arrived (0: none, None: the host
is gone), `write(frame)` sends what it can, `busy` says whether frames are still waiting.
"""

from runicos.contract import cbor, wire

FRAME_MAX = 1024
CHUNK_MAX = FRAME_MAX - 4
WINDOW_BYTES = 8 * CHUNK_MAX
MESSAGE_MAX = 4096
# What a frame carries where there is no memory for a larger one.
_SMALL_BYTES = 256
# A frame that its sender did not finish within this time is forgotten.
FRAME_TIMEOUT_MS = 1000
# The same where a Ctrl-C came within it: the bytes of a frame follow each other more closely, also
# through an adapter that gathers them, and whoever types waits for an answer.
INTERRUPTED_TIMEOUT_MS = 100


class Link:
    """One host at the far end of a byte stream; `name` is for the log."""

    # Whoever has the REPL holds the board's cable.
    has_repl = False
    # What the next order over this link has to sign, once somebody asked for it.
    nonce: "bytes | None" = None

    def __init__(self, name: str) -> None:
        self.name = name
        self.decoder = wire.Decoder(FRAME_MAX + wire.OVERHEAD_BYTES)
        self.assembler = wire.Assembler(MESSAGE_MAX)
        self.subscriptions: "dict[str, str | None]" = {}
        self.heard_ms = 0
        self.taken_ms = 0
        self.polled = 0
        self._damaged = 0

    def take_damaged(self) -> int:
        """Return how many frames arrived damaged since the last time."""
        count = self.decoder.damaged - self._damaged
        self._damaged = self.decoder.damaged
        return count

    def write(self, data: bytes) -> None:
        """Send all of the bytes; each kind of link says how."""
        raise NotImplementedError

    def send(self, kind: int, frame_id: int, payload: object, flags: int = 0) -> None:
        """Send a message, in as many frames as it needs; with MORE in `flags` it goes on."""
        # One frame at a time: beside a large payload there may be no room for all, and none for a
        # large one where the heap is in pieces.
        view = memoryview(payload)
        start, most_bytes = 0, FRAME_MAX
        while True:
            piece = view[start : start + most_bytes]
            is_last = start + len(piece) == len(view)
            try:
                frame = wire.encode(kind, flags if is_last else wire.MORE, frame_id, piece)
            except MemoryError:
                if most_bytes == _SMALL_BYTES:
                    raise
                most_bytes = _SMALL_BYTES
                continue
            self.write(frame)
            start += len(piece)
            if is_last:
                return

    def send_value(self, kind: int, frame_id: int, value: object) -> None:
        """Send a value's CBOR, which is never whole in memory: there may be no piece for it."""
        message = _Message(self, kind, frame_id)
        cbor.write(value, message)
        message.end()

    def wants(self, topic: str, rune: str) -> bool:
        """Say whether the host subscribed to a topic of a Rune, or of all."""
        return topic in self.subscriptions and self.subscriptions[topic] in (None, rune)


class _Message(cbor.Sink):
    """Sends what it is extended by, a frame at a time."""

    def __init__(self, link: Link, kind: int, frame_id: int) -> None:
        self._link = link
        self._place = kind, frame_id
        try:
            self._payload = memoryview(bytearray(FRAME_MAX))
        except MemoryError:
            self._payload = memoryview(bytearray(_SMALL_BYTES))
        self._filled = 0

    def extend(self, piece: "bytes | bytearray | memoryview") -> None:
        start = 0
        while start < len(piece):
            if self._filled == len(self._payload):
                self._send(wire.MORE)
            count = min(len(piece) - start, len(self._payload) - self._filled)
            part = memoryview(piece)[start : start + count]
            self._payload[self._filled : self._filled + count] = part
            self._filled += count
            start += count

    def end(self) -> None:
        self._send(0)

    def _send(self, flags: int) -> None:
        self._link.send(*self._place, self._payload[: self._filled], flags)
        self._filled = 0
