"""A digital microphone on I2S (INMP441, ICS-43434 and such): 16-bit samples, one channel.

The port collects samples in a buffer of its own, so windows that are read one after the other
leave nothing out. After a pause that was longer than this buffer lasts, what is in it has a gap:
it is thrown away, and the window that is read is of one piece.
"""

import time

_SAMPLE_BYTES = 2
_SCRATCH_BYTES = 256
_EBUSY = 16


class I2sMicrophone:
    """A microphone on an I2S bus that receives 16-bit mono at `hz`.

    `buffer_ms` is what the port's own buffer lasts; the first `settle_ms` after power-on are not
    sound. Raises OSError when the bus gives nothing.
    """

    def __init__(self, i2s: object, hz: int, buffer_ms: int, settle_ms: int = 300) -> None:
        self.hz = hz
        self._i2s = i2s
        self._buffer_ms = buffer_ms
        self._scratch = bytearray(_SCRATCH_BYTES)
        self._skip(settle_ms)
        self._read_ms = time.ticks_ms()

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer with the next samples, waiting for them; return how many bytes came."""
        if self._i2s is None:
            raise OSError(_EBUSY, "the microphone listens for another Rune now")
        if time.ticks_diff(time.ticks_ms(), self._read_ms) >= self._buffer_ms:
            self._skip(self._buffer_ms)
        count = self._i2s.readinto(buffer)
        self._read_ms = time.ticks_ms()
        return count or 0

    def close(self) -> None:
        """Let the bus go; a later read raises OSError."""
        if self._i2s is not None:
            self._i2s.deinit()
            self._i2s = None

    def _skip(self, span_ms: int) -> None:
        left_bytes = self.hz * span_ms // 1000 * _SAMPLE_BYTES
        while left_bytes > 0:
            count = self._i2s.readinto(self._scratch)
            if not count:
                raise OSError(5, "the microphone's bus gives no samples")
            left_bytes -= count
