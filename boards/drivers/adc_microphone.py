"""An analog microphone with amplifier (MAX9814, MAX4466 and such) on an ADC that a timer paces.

The ADC has 12 bits. `adc.read_timed(array, timer)` fills an array of u16 at the timer's rate and
returns when it is full; what is said between two windows is not heard.
"""

from array import array

_SAMPLE_BYTES = 2
_ADC_BITS = 12
_EBUSY = 16


class AdcMicrophone:
    """A microphone on an ADC; `timer` runs at `hz`."""

    def __init__(self, adc: object, timer: object, hz: int) -> None:
        self.hz = hz
        self._adc = adc
        self._timer = timer
        self._readings = array("H")

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer with the next samples; only a window of new length allocates."""
        if self._adc is None:
            raise OSError(_EBUSY, "the microphone listens for another Rune now")
        readings = self._readings
        if len(readings) != len(buffer) // _SAMPLE_BYTES:
            readings = self._readings = array("H", bytes(len(buffer) // _SAMPLE_BYTES * 2))
        self._adc.read_timed(readings, self._timer)
        _put_samples(buffer, readings, _mean(readings))
        return len(readings) * _SAMPLE_BYTES

    def close(self) -> None:
        """Stop the timer; a later read raises OSError."""
        if self._adc is not None:
            self._timer.deinit()
            self._adc = None


def _mean(readings: object) -> int:
    """Return what the amplifier gives for silence."""
    total = 0
    for reading in readings:
        total += reading
    return total // len(readings) if len(readings) else 0


def _put_samples(buffer: memoryview, readings: object, silence: int) -> None:
    at = 0
    for reading in readings:
        value = (reading - silence) << (16 - _ADC_BITS)
        value = min(max(value, -32768), 32767)
        buffer[at] = value & 0xFF
        buffer[at + 1] = value >> 8 & 0xFF
        at += _SAMPLE_BYTES
