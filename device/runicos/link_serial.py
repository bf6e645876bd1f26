"""The link on the board's serial port, which frames share with the REPL."""

from runicos.link import Link


class SerialLink(Link):
    """Frames over a console: an object with `stream` (to poll), `readinto` and `write`."""

    has_repl = True
    busy = False

    def __init__(self, console: object) -> None:
        super().__init__("serial")
        self._console = console
        self.stream = console.stream

    def read_into(self, buffer: bytearray) -> "int | None":
        """Read what has arrived; None when the port is gone for good."""
        return self._console.readinto(buffer)

    def write(self, frame: bytes) -> None:
        """Send a frame; one that nobody takes is dropped, as on any UART."""
        if not self._console.write(frame):
            self.subscriptions.clear()

    def flush(self) -> bool:
        """Send what waits; nothing ever does."""
        return True

    def close(self) -> None:
        """Leave the port to the REPL."""
