"""A board on a serial port: USB, UART, or the pty of a simulated board.

The port is shared with the board's REPL, so nothing is sent on connect: the board tells frames
from typed text by itself. It is locked while in use, so that mpremote and a second runicd see
that it is busy.
"""

from __future__ import annotations

import errno
import os
import select
import termios

import serial

from runicd.errors import LinkBusy, LinkClosed, LinkError, LinkTimeout
from runicd.ports import no_such_port

_BAUD = 115200
_CTRL_C = b"\x03"
_SEND_TIMEOUT_S = 10.0
_RECEIVE_BYTES = 65536


class SerialLink:
    """An exclusively held serial port, called `where` in messages.

    Raises LinkBusy when somebody else holds it, LinkError when there is no such port.
    """

    is_cable = True

    def __init__(self, port: str, *, where: str = "") -> None:
        self.where = where or port
        try:
            self._serial = serial.Serial(
                port, _BAUD, timeout=0, write_timeout=_SEND_TIMEOUT_S, exclusive=True
            )
        except (OSError, termios.error, ValueError) as error:
            raise _open_error(self.where, error) from error

    def send(self, data: bytes) -> None:
        """Send all of `data`."""
        try:
            self._serial.write(data)
        except serial.SerialTimeoutException as error:
            raise LinkTimeout(
                f"the board took nothing for {_SEND_TIMEOUT_S:g} s", where=self.where
            ) from error
        except (OSError, termios.error) as error:
            raise self._lost() from error

    def receive(self, timeout_s: float) -> bytes:
        """Return what has come within `timeout_s`, b"" when nothing."""
        try:
            descriptor = self._serial.fileno()
            readable, _, _ = select.select([descriptor], [], [], max(0.0, timeout_s))
            if not readable:
                return b""
            data = os.read(descriptor, _RECEIVE_BYTES)
        except (OSError, ValueError) as error:  # ValueError: the port is closed on this side
            raise self._lost() from error
        if not data:
            raise self._lost()
        return data

    def interrupt(self) -> None:
        """Stop what runs at the board's REPL."""
        self.send(_CTRL_C)

    def close(self) -> None:
        """Close and unlock the port."""
        self._serial.close()

    def _lost(self) -> LinkClosed:
        return LinkClosed("the board went away", where=self.where)


def _open_error(port: str, error: Exception) -> LinkError:
    """Tell a busy port from a missing one and from one that is none of ours to open."""
    number = getattr(error, "errno", None)
    if number in (errno.EBUSY, errno.EAGAIN) or "exclusively lock" in str(error):
        return LinkBusy(
            "the port is busy", where=port, remedy="close the other runicd, mpremote or terminal"
        )
    if number == errno.EACCES:
        return LinkError(
            "no permission to open the port", where=port, remedy="join the group of the port"
        )
    if number == errno.ENOENT:
        return no_such_port(port)
    what = (
        "not a serial port"
        if "Inappropriate ioctl" in str(error)
        else f"not a serial port ({error})"
    )
    return LinkError(what, where=port, remedy="see `runicd targets ls`")
