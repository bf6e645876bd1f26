"""What every link can do: send bytes, receive bytes until a deadline, close."""

from __future__ import annotations

from typing import Protocol


class Link(Protocol):
    """A byte stream to one board.

    `where` names the far end in error messages (a port, `host:port`).
    All calls come from one thread.
    """

    where: str
    is_cable: bool
    """Whether it is a board's own serial line: who holds that is taken for its owner."""

    def send(self, data: bytes) -> None:
        """Send all of `data`; LinkClosed when the board is gone, LinkTimeout when it is stuck."""

    def receive(self, timeout_s: float) -> bytes:
        """Return what has come, waiting up to `timeout_s` for the first byte; b"" for nothing.

        Raises LinkClosed when the far end is gone.
        """

    def interrupt(self) -> None:
        """Send Ctrl-C to a REPL that shares the link; nothing where there is none."""

    def close(self) -> None:
        """Give the transport back; safe to call twice."""
