"""The accelerometer of ST's LSM6DS family over I2C: float32 x, y, z triples in g.

Registers and values are those of ST's data sheets (LSM6DS3, LSM6DSL, LSM6DSR, LSM6DSO and
LSM6DSOX agree in them). Range ±4 g: a reading is its value in g times 8192. 104 readings a
second; those between two reads of a window are not kept.
"""

import time

from drivers.float_bytes import put_scaled

_WHO_AM_I = 0x0F
_KNOWN = (0x69, 0x6A, 0x6B, 0x6C)
_CTRL1_XL = 0x10
_104_HZ_4_G = b"\x48"
_CTRL3_C = 0x12
_SOFTWARE_RESET = b"\x01"
# A reading's bytes belong together; the register number goes on with each byte.
_BLOCK_UPDATE_INCREMENT = b"\x44"
_STATUS = 0x1E
_NEW_READING = 0x01
_OUT_X_LOW = 0x28
_PER_G_SHIFT = 13
_RESET_TRIES = 10
_RESET_PAUSE_MS = 1
# Eight times as long as the sensor takes for a reading.
_READING_TRIES = 80
_READING_PAUSE_MS = 1
_ENODEV = 19
_ETIMEDOUT = 110
_AXIS_BYTES = 2
_TRIPLE_BYTES = 12


class Lsm6ds:
    """The accelerometer at an address of an I2C bus.

    Raises OSError when nothing answers there, ValueError when what answers is another chip.
    """

    def __init__(self, i2c: object, address: int = 0x6A) -> None:
        self._i2c = i2c
        self._address = address
        self._byte = bytearray(1)
        self._axes = bytearray(3 * _AXIS_BYTES)
        self._check_chip()
        self._reset()
        i2c.writeto_mem(address, _CTRL3_C, _BLOCK_UPDATE_INCREMENT)
        i2c.writeto_mem(address, _CTRL1_XL, _104_HZ_4_G)

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer with the next readings. Raises OSError when the bus or chip fails."""
        axes = self._axes
        count = len(buffer) // _TRIPLE_BYTES
        for reading in range(count):
            self._wait_reading()
            self._i2c.readfrom_mem_into(self._address, _OUT_X_LOW, axes)
            for axis in range(3):
                raw = axes[2 * axis] | axes[2 * axis + 1] << 8
                signed = raw - 0x10000 if raw & 0x8000 else raw
                put_scaled(buffer, reading * _TRIPLE_BYTES + 4 * axis, signed, _PER_G_SHIFT)
        return count * _TRIPLE_BYTES

    def _register(self, number: int) -> int:
        self._i2c.readfrom_mem_into(self._address, number, self._byte)
        return self._byte[0]

    def _check_chip(self) -> None:
        try:
            found = self._register(_WHO_AM_I)
        except OSError as error:
            text = "no accelerometer at I2C address 0x%02x (errno %s)"
            raise OSError(_ENODEV, text % (self._address, error.errno))
        if found not in _KNOWN:
            text = "the chip at I2C address 0x%02x is no LSM6DS: WHO_AM_I is 0x%02x"
            raise ValueError(text % (self._address, found))

    def _reset(self) -> None:
        self._i2c.writeto_mem(self._address, _CTRL3_C, _SOFTWARE_RESET)
        for _ in range(_RESET_TRIES):
            if not self._register(_CTRL3_C) & _SOFTWARE_RESET[0]:
                return
            time.sleep_ms(_RESET_PAUSE_MS)
        raise OSError(_ETIMEDOUT, "the accelerometer does not end its reset")

    def _wait_reading(self) -> None:
        for _ in range(_READING_TRIES):
            if self._register(_STATUS) & _NEW_READING:
                return
            time.sleep_ms(_READING_PAUSE_MS)
        raise OSError(_ETIMEDOUT, "the accelerometer measures nothing")
