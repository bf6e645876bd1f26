"""Raspberry Pi Pico 2: an I2S microphone, an LSM6DS accelerometer, the ADC, four pins.

Wiring: docs/boards.md.
"""

import machine
from drivers.real_board import RealBoard, i2s_microphone

_I2S_BUS = 0
_I2S_CLOCK_PIN = 10  # word select is the next one, as the port's PIO program wants it
_I2S_WORD_PIN = 11
_I2S_DATA_PIN = 9
_I2C_BUS = 0
_I2C_CLOCK_PIN = 5
_I2C_DATA_PIN = 4
_I2C_HZ = 400_000
_ANALOG_PIN = 26
_ADC_VOLTS = 3.3
# The sensor in the chip has 0.706 V at 27 °C, and less when it is warmer.
_CORE_C = 27.0
_CORE_VOLTS = 0.706
_CORE_VOLTS_PER_C = 0.001721


class Board(RealBoard):
    """What RunicOS asks of a board."""

    board = "pico2"
    chip = "RP2350"
    watchdog_max_ms = 8_388
    digital_pins = (18, 19, 20, 21)
    capabilities = {
        "RAND": {},
        "SOUND": {"hz": [8_000, 48_000]},
        "ACCEL": {},
        "RAW": {"source": [0, 1], "hz": [1, 1_000]},
    }

    def temperature_c(self) -> float:
        """Return the chip's temperature, as its data sheet computes it."""
        volts = machine.ADC(machine.ADC.CORE_TEMP).read_u16() * _ADC_VOLTS / 65_535
        return _CORE_C - (volts - _CORE_VOLTS) / _CORE_VOLTS_PER_C

    def microphone(self, hz: int) -> object:
        """Return the microphone on I2S."""
        pins = machine.Pin(_I2S_CLOCK_PIN), machine.Pin(_I2S_WORD_PIN), machine.Pin(_I2S_DATA_PIN)
        return i2s_microphone(_I2S_BUS, pins, hz)

    def accelerometer(self) -> object:
        """Return the accelerometer on I2C."""
        from drivers.lsm6ds import Lsm6ds

        clock, data = machine.Pin(_I2C_CLOCK_PIN), machine.Pin(_I2C_DATA_PIN)
        return Lsm6ds(machine.I2C(_I2C_BUS, scl=clock, sda=data, freq=_I2C_HZ))

    def analog_input(self, hz: int) -> object:
        """Return the ADC's first input."""
        from drivers.raw_inputs import AnalogInput

        return AnalogInput(machine.ADC(machine.Pin(_ANALOG_PIN)), hz)
