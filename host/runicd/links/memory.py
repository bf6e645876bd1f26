"""A link inside one process: the far end is a function, so every fault can be acted out.

The peer gets the bytes that were sent and returns the bytes to answer with. It may also
raise LinkClosed, return garbage, or return nothing for ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from runicd.errors import LinkClosed


class MemoryLink:
    """Talks to `peer(bytes) -> bytes`; `cut()` makes the far end go away."""

    is_cable = False

    def __init__(self, peer: Callable[[bytes], bytes], where: str = "memory") -> None:
        self.where = where
        self.sent = bytearray()
        self.closed = False
        self._peer = peer
        self._waiting = bytearray()
        self._cut = False

    def send(self, data: bytes) -> None:
        """Hand `data` to the peer and queue its answer."""
        self._check()
        self.sent += data
        self._waiting += self._peer(data)

    def push(self, data: bytes) -> None:
        """Queue bytes that the far end sends of its own accord."""
        self._waiting += data

    def receive(self, timeout_s: float) -> bytes:
        """Return the queued bytes; with none, let the timeout pass as a silent board would."""
        if not self._waiting:
            self._check()
            time.sleep(timeout_s)
            return b""
        data = bytes(self._waiting)
        self._waiting.clear()
        return data

    def cut(self) -> None:
        """Make the far end go away: bytes already on the way still arrive."""
        self._cut = True

    def interrupt(self) -> None:
        """Hand the Ctrl-C to the peer: it may have a REPL."""
        self.send(b"\x03")

    def close(self) -> None:
        """Close this end."""
        self.closed = True

    def _check(self) -> None:
        if self._cut or self.closed:
            raise LinkClosed("the link is closed", where=self.where)
