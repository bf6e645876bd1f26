"""The link over TCP: a listener and its connections, none of which ever blocks the board."""

import errno

from runicos import shortage
from runicos.contract import cbor, wire
from runicos.contract.errors import LINKS_TAKEN, RuneError
from runicos.link import Link


class TcpLink(Link):
    """Frames over one accepted connection."""

    def __init__(self, stream: object, number: int) -> None:
        super().__init__("tcp%d" % number)
        stream.setblocking(False)
        self.stream = stream
        self._waiting = b""
        self._gone = False

    @property
    def busy(self) -> bool:
        """Say whether frames wait for the host to take them."""
        return bool(self._waiting)

    def read_into(self, buffer: bytearray) -> "int | None":
        """Read what has arrived; None when the host is gone."""
        if self._gone:
            return None
        try:
            count = self.stream.readinto(buffer)
        except OSError:
            return None
        if count is None:
            return 0
        return count or None

    def write(self, frame: bytes) -> None:
        """Send a frame, or keep what the host does not take yet."""
        self._waiting = self._waiting + frame if self._waiting else frame
        self.flush()

    def flush(self) -> bool:
        """Send what waits; False when the host is gone."""
        while self._waiting and not self._gone:
            try:
                sent = self.stream.send(self._waiting)
            except OSError as error:
                self._gone = error.errno != errno.EAGAIN
                break
            self._waiting = self._waiting[sent:]
        return not self._gone

    def close(self) -> None:
        """Close the connection."""
        self.stream.close()


class TcpListener:
    """Accepts hosts on a listening socket, a few at a time."""

    def __init__(self, stream: object, links_max: int) -> None:
        stream.setblocking(False)
        self.stream = stream
        self.links_max = links_max
        self._accepted = 0

    def accept(self, links_open: int) -> "TcpLink | None":
        """Return the next host's link; one that there is no place or memory for is turned away."""
        try:
            stream = self.stream.accept()[0]
        except OSError:
            return None
        if links_open >= self.links_max:
            _turn_away(stream, RuneError(LINKS_TAKEN, links_open))
            return None
        try:
            link = TcpLink(stream, self._accepted + 1)
        except MemoryError as error:
            _turn_away(stream, shortage.told(error))
            return None
        self._accepted += 1
        return link

    def close(self) -> None:
        """Stop listening."""
        self.stream.close()


def _turn_away(stream: object, error: RuneError) -> None:
    """Tell a host why it is not served, if it listens; nothing is kept for it."""
    try:
        stream.setblocking(False)
        told = cbor.dumps([error.code, list(error.arguments)])
        stream.send(wire.encode(wire.ERROR, 0, 0, told))
    except (OSError, MemoryError):
        return
    finally:
        stream.close()
