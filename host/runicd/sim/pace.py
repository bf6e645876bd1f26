"""When bytes that were put onto a serial line arrive at its other end; no I/O."""

from __future__ import annotations

_BITS_PER_BYTE = 10  # a start bit, eight of data, a stop bit
_PIECE_S = 0.004
# Whoever wakes later than this was not late by a little: the line rested meanwhile.
_LATE_MOST_S = 0.25


class Pace:
    """One direction of a line of `baud` bits a second: one piece of bytes is on the way at a time.

    A piece that follows another at once begins where that ended, not when its sender woke, so that
    the average over a run of bytes is exact.
    """

    def __init__(self, baud: int) -> None:
        self._byte_s = _BITS_PER_BYTE / baud
        self._piece = b""
        self._due_s = 0.0
        self._flows = False
        self.piece_bytes = max(1, int(_PIECE_S / self._byte_s))

    @property
    def empty(self) -> bool:
        """Tell whether nothing is on the way."""
        return not self._piece

    def put(self, piece: bytes, now_s: float) -> None:
        """Put a piece onto the empty line; b"" says that there is none, and the line rests."""
        begin_s = now_s
        if self._flows and now_s - self._due_s < _LATE_MOST_S:
            begin_s = self._due_s
        self._flows = bool(piece)
        self._piece = piece
        self._due_s = begin_s + len(piece) * self._byte_s

    def left_s(self, now_s: float) -> float | None:
        """Return how long until the piece on the way arrives; None when there is none."""
        return max(0.0, self._due_s - now_s) if self._piece else None

    def arrived(self, now_s: float) -> bytes:
        """Return the piece when its last bit has arrived, and forget it; else b""."""
        if self._due_s > now_s:
            return b""
        piece, self._piece = self._piece, b""
        return piece

    def drop(self) -> None:
        """Forget what is on the way."""
        self._piece = b""
        self._flows = False
