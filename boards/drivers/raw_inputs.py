"""What a board's pins say, as bytes for RAW: voltages of an ADC, or levels of digital pins."""

import time

_PINS_MAX = 8


class _Pace:
    """Waits so that what follows happens `hz` times a second."""

    def __init__(self, hz: int) -> None:
        self._period_us = 1_000_000 // hz
        self._next_us = 0

    def begin(self) -> None:
        self._next_us = time.ticks_us()

    def wait(self) -> None:
        left_us = time.ticks_diff(self._next_us, time.ticks_us())
        if left_us > 0:
            time.sleep_us(left_us)
        self._next_us = time.ticks_add(self._next_us, self._period_us)


class AnalogInput:
    """An ADC, `hz` times a second: little-endian u16, 0 for none and 65535 for full voltage."""

    def __init__(self, adc: object, hz: int) -> None:
        self._adc = adc
        self._pace = _Pace(hz)

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer with the next readings; an odd byte at its end stays."""
        self._pace.begin()
        for at in range(0, len(buffer) - 1, 2):
            self._pace.wait()
            value = self._adc.read_u16()
            buffer[at] = value & 0xFF
            buffer[at + 1] = value >> 8
        return len(buffer) & ~1


class DigitalInputs:
    """Up to eight pins, `hz` times a second: one byte each time, the first pin its lowest bit."""

    def __init__(self, pins: "tuple[object, ...]", hz: int) -> None:
        if not 0 < len(pins) <= _PINS_MAX:
            raise ValueError("%d pins for a byte" % len(pins))
        self._pins = pins
        self._pace = _Pace(hz)

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer with the next levels."""
        self._pace.begin()
        for at in range(len(buffer)):
            self._pace.wait()
            levels = 0
            bit = 1
            for pin in self._pins:
                if pin.value():
                    levels |= bit
                bit <<= 1
            buffer[at] = levels
        return len(buffer)
