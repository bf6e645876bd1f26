"""Arduino Portenta H7: an analog microphone, an LSM6DS accelerometer, the ADC, four pins.

MicroPython's port to this chip has neither I2S nor PDM nor a camera interface, so the Vision
Shield's microphones and its camera cannot be read: the microphone is an amplifier on an ADC, and
there is no IMAGE. Wiring: docs/boards.md.
"""

import machine
import pyb
from drivers.real_board import RealBoard

_SOUND_PIN = "A6"
_SOUND_TIMER = 6
_I2C_BUS = 3
_I2C_HZ = 400_000
_ANALOG_PIN = "A4"


class Board(RealBoard):
    """What RunicOS asks of a board."""

    board = "portenta_h7"
    chip = "STM32H747"
    flash_root = "/flash/runes"
    watchdog_max_ms = 32_000
    digital_pins = ("D0", "D1", "D2", "D3")
    capabilities = {
        "RAND": {},
        "SOUND": {"hz": [8_000, 48_000]},
        "ACCEL": {},
        "RAW": {"source": [0, 1], "hz": [1, 1_000]},
    }

    def microphone(self, hz: int) -> object:
        """Return the microphone on the ADC."""
        from drivers.adc_microphone import AdcMicrophone

        adc = pyb.ADC(pyb.Pin(_SOUND_PIN))
        return AdcMicrophone(adc, pyb.Timer(_SOUND_TIMER, freq=hz), hz)

    def accelerometer(self) -> object:
        """Return the accelerometer on I2C."""
        from drivers.lsm6ds import Lsm6ds

        return Lsm6ds(machine.I2C(_I2C_BUS, freq=_I2C_HZ))

    def analog_input(self, hz: int) -> object:
        """Return an input of the ADC."""
        from drivers.raw_inputs import AnalogInput

        return AnalogInput(machine.ADC(_ANALOG_PIN), hz)
