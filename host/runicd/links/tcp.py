"""A board over TCP: Wi-Fi boards, and simulated boards on this machine."""

from __future__ import annotations

import select
import socket

from runicd.errors import LinkClosed, LinkError, LinkTimeout

_RECEIVE_BYTES = 65536
_SEND_TIMEOUT_S = 10.0


class TcpLink:
    """One TCP connection to `host:port`, called `where` in messages.

    Raises LinkError when nobody listens there, LinkTimeout when nobody answers in `timeout_s`.
    """

    is_cable = False

    def __init__(self, host: str, port: int, *, where: str = "", timeout_s: float = 5.0) -> None:
        self.where = where or f"{host}:{port}"
        try:
            self._socket = socket.create_connection((host, port), timeout_s)
        except TimeoutError as error:
            raise LinkTimeout(
                f"no connection within {timeout_s:g} s",
                where=self.where,
                remedy="see that the board is on and in this network",
            ) from error
        except OSError as error:
            raise LinkError(
                f"cannot connect ({error.strerror or error})",
                where=self.where,
                remedy="see `runicd targets ls`",
            ) from error
        # Requests are small and each waits for its answer: Nagle would add 40 ms to every one.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(_SEND_TIMEOUT_S)

    def send(self, data: bytes) -> None:
        """Send all of `data`."""
        try:
            self._socket.sendall(data)
        except TimeoutError as error:
            raise LinkTimeout(
                f"the board took nothing for {_SEND_TIMEOUT_S:g} s", where=self.where
            ) from error
        except OSError as error:
            raise self._lost() from error

    def receive(self, timeout_s: float) -> bytes:
        """Return what has come within `timeout_s`, b"" when nothing."""
        try:
            readable, _, _ = select.select([self._socket], [], [], max(0.0, timeout_s))
            if not readable:
                return b""
            data = self._socket.recv(_RECEIVE_BYTES)
        except (OSError, ValueError) as error:  # ValueError: the socket is closed on this side
            raise self._lost() from error
        if not data:
            raise self._lost()
        return data

    def interrupt(self) -> None:
        """Do nothing: no REPL is on this link."""

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _lost(self) -> LinkClosed:
        return LinkClosed("the board went away", where=self.where)
