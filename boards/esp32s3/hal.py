"""An ESP32-S3 module: an I2S microphone, an LSM6DS accelerometer, the ADC, four pins.

Wiring: docs/boards.md.
"""

import esp32
import machine
from drivers.real_board import RealBoard, i2s_microphone

_I2S_BUS = 0
_I2S_CLOCK_PIN = 5
_I2S_WORD_PIN = 6
_I2S_DATA_PIN = 7
_I2C_BUS = 0
_I2C_CLOCK_PIN = 9
_I2C_DATA_PIN = 8
_I2C_HZ = 400_000
_ANALOG_PIN = 1


class Board(RealBoard):
    """What RunicOS asks of a board."""

    board = "esp32s3"
    chip = "ESP32-S3"
    watchdog_max_ms = 60_000
    watchdog_timer = 0
    digital_pins = (10, 11, 12, 13)
    capabilities = {
        "RAND": {},
        "SOUND": {"hz": [8_000, 48_000]},
        "ACCEL": {},
        "RAW": {"source": [0, 1], "hz": [1, 1_000]},
    }

    def temperature_c(self) -> float:
        """Return the chip's temperature."""
        # The stubs are those of the first ESP32, which has another sensor.
        return float(esp32.mcu_temperature())  # type: ignore[attr-defined]

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
        """Return an input of ADC1, up to 3.1 V."""
        from drivers.raw_inputs import AnalogInput

        adc = machine.ADC(machine.Pin(_ANALOG_PIN))
        adc.atten(machine.ADC.ATTN_11DB)
        return AnalogInput(adc, hz)
