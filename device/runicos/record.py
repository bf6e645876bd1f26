"""Recording: what a sensor delivers goes to a host, in pieces and as it comes.

One window is in memory at a time, whatever the length. The host gets `record` events,
[offset, bytes], and then the answer to its request. One recording at a time.
"""

import gc

from runicos.contract import admission, cbor, wire
from runicos.contract.errors import (
    BAD_REQUEST,
    BUSY,
    CAPABILITY_FAILED,
    NO_CAPABILITY,
    RAM_SHORT,
    SENSOR_BUSY,
    SOURCE_END,
    Refused,
    RuneError,
)
from runicos.link import FRAME_MAX

TOPIC = "record"
# A piece and what an event puts around it fill a frame.
_PIECE_BYTES = FRAME_MAX - 32
_CONGESTED_MS = 5


class Recorder:
    """A recording under way for one link; only `start` makes one.

    It lasts as long as the link has the subscription that stands for it.
    """

    def __init__(
        self,
        service: object,
        link: object,
        kind: str,
        driver: object,
        window: bytearray,
        count: int,
    ) -> None:
        self.link = link
        self._service = service
        self._frame_id = service.request_id
        self._kind = kind
        self._driver = driver
        self._buffer = memoryview(window)
        self._at = len(window)
        self._count = count
        self._windows = 0
        self._sent = 0

    def step(self) -> "int | None":
        """Send the next piece; return the milliseconds until more is due, None at the end."""
        link = self.link
        if TOPIC not in link.subscriptions:
            self.close()
            return None
        if link.busy:
            return _CONGESTED_MS
        try:
            if self._send_piece():
                return 0
            self._end()
        except RuneError as error:
            self._fail(error)
        except MemoryError:
            self._fail(RuneError(CAPABILITY_FAILED, self._kind, "out of memory"))
        return None

    def close(self) -> None:
        """Let the sensor go."""
        self.link.subscriptions.pop(TOPIC, None)
        close = getattr(self._driver, "close", None)
        self._driver = None
        if close is not None:
            close()

    def _send_piece(self) -> bool:
        """Send what follows, of the next window where one is through; False at the end."""
        if self._at == len(self._buffer) and not self._read_window():
            return False
        piece = self._buffer[self._at : self._at + _PIECE_BYTES]
        self.link.send(wire.EVENT, 0, cbor.dumps([TOPIC, [self._sent, piece]]))
        self._at += len(piece)
        self._sent += len(piece)
        return True

    def _read_window(self) -> bool:
        """Read the next window; False when there is none. Raises RuneError."""
        if self._windows == self._count:
            return False
        try:
            count = self._driver.readinto(self._buffer)
        except RuneError as error:
            if error.code == SOURCE_END and self._windows:
                return False
            raise
        except (OSError, ValueError, IndexError, TypeError) as error:
            raise RuneError(CAPABILITY_FAILED, self._kind, str(error) or repr(error))
        if count != len(self._buffer):
            what = "%s of %d bytes" % (count, len(self._buffer))
            raise RuneError(CAPABILITY_FAILED, self._kind, what)
        self._windows += 1
        self._at = 0
        return True

    def _end(self) -> None:
        self.close()
        self._service.respond(self.link, self._frame_id, {"windows": self._windows})

    def _fail(self, error: RuneError) -> None:
        self.close()
        self._service.respond_error(self.link, self._frame_id, error)


def start(system: object, link: object, given: "dict[str, object]") -> Recorder:
    """Open the sensor and return the recording. Raises RuneError when it cannot be."""
    kind, params = given["kind"], given["params"]
    _check_sensor(system, kind, params)
    if not given["window_bytes"] or not given["count"]:
        raise RuneError(BAD_REQUEST, TOPIC, "no bytes to record")
    window = _window(given["window_bytes"])
    try:
        driver = system.board.capability(kind, params)
    except KeyError as error:
        raise RuneError(BAD_REQUEST, TOPIC, "%s needs %s" % (kind, error.args[0]))
    except (OSError, ValueError, TypeError) as error:
        raise RuneError(CAPABILITY_FAILED, kind, str(error))
    link.subscriptions[TOPIC] = None
    return Recorder(system.service, link, kind, driver, window, given["count"])


def _check_sensor(system: object, kind: str, params: "dict[str, object]") -> None:
    """Raise RuneError unless the board has the sensor, in that range, and nobody reads it."""
    offered = system.board.facts()["capabilities"]
    if kind not in offered:
        raise RuneError(NO_CAPABILITY, kind, ", ".join(sorted(offered)))
    reasons = admission.range_reasons(kind, params, offered[kind])
    if reasons:
        raise Refused(reasons)
    for rune in system.runes.by_name.values():
        if rune.container is not None and kind in rune.container.granted:
            raise RuneError(SENSOR_BUSY, kind, rune.name, rune.name)
    if system.recorder is not None:
        raise RuneError(BUSY, "a recording")


def _window(size: int) -> bytearray:
    """Return room for one window. Raises RuneError where others would have too little then."""
    gc.collect()
    free = max(0, gc.mem_free() - admission.SERVICE_BYTES)
    try:
        if size <= free:
            return bytearray(size)
    except MemoryError:
        # It is there in sum, but not in one piece.
        free = size - 1
    raise RuneError(RAM_SHORT, size - free, size, free)
