"""What every link to a host has: a decoder for what arrives and frames to send.

A subclass moves the bytes: `read_into(buffer)` returns how many arrived (0: none, None: the host
is gone), `write(frame)` sends what it can, `busy` says whether frames are still waiting.
"""

from runicos.contract import wire

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

    def send(self, kind: int, frame_id: int, payload: "bytes | bytearray") -> None:
        """Send a message, in as many frames as it needs."""
        # One frame at a time: beside a large payload there may be no room for all, and none for a
        # large one where the heap is in pieces.
        view = memoryview(payload)
        start, most_bytes = 0, FRAME_MAX
        while True:
            piece = view[start : start + most_bytes]
            flags = wire.MORE if start + len(piece) < len(view) else 0
            try:
                frame = wire.encode(kind, flags, frame_id, piece)
            except MemoryError:
                if most_bytes == _SMALL_BYTES:
                    raise
                most_bytes = _SMALL_BYTES
                continue
            self.write(frame)
            start += len(piece)
            if not flags:
                return

    def wants(self, topic: str, rune: str) -> bool:
        """Say whether the host subscribed to a topic of a Rune, or of all."""
        return topic in self.subscriptions and self.subscriptions[topic] in (None, rune)
