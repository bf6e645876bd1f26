"""The drivers themselves: every reading is exact, and a read allocates nothing."""

import struct

from tests.board import ROOT, run_ok

SOURCES = (ROOT / "boards", ROOT / "device")


def test_floats_are_exact_for_every_reading():
    script = """
import struct
from drivers.float_bytes import put_scaled
buffer = bytearray(4)
wrong = 0
for value in range(-32768, 32768):
    put_scaled(buffer, 0, value, 13)
    wrong += bytes(buffer) != struct.pack("<f", value / 8192)
print(wrong)
for shift in (0, 1, 15, 100):
    put_scaled(buffer, 0, -32768, shift)
    print(bytes(buffer) == struct.pack("<f", -32768 / 2 ** shift))
"""
    assert run_ok(script, source_paths=SOURCES).split() == ["0", "True", "True", "True", "True"]
    assert struct.unpack("<f", struct.pack("<f", 1 / 8192))[0] == 1 / 8192


def test_a_read_allocates_nothing():
    script = """
import micropython
from array import array
from drivers.adc_microphone import AdcMicrophone
from drivers.i2s_microphone import I2sMicrophone
from drivers.lsm6ds import Lsm6ds
from drivers.raw_inputs import AnalogInput, DigitalInputs

class Bus:
    def readfrom_mem_into(self, address, register, buffer):
        if register == 0x0F:
            buffer[0] = 0x6C
        elif register == 0x28:
            buffer[1] = 0x81
        else:
            buffer[0] = 0x01 if register == 0x1E else 0
    def writeto_mem(self, address, register, data):
        pass
    def readinto(self, buffer):
        return len(buffer)
    def read_u16(self):
        return 40000
    def value(self):
        return 1
    def read_timed(self, readings, timer):
        for at in range(len(readings)):
            readings[at] = at & 4095

bus = Bus()
buffer = memoryview(bytearray(480))
drivers = [
    Lsm6ds(bus), I2sMicrophone(bus, 16000, 0), AdcMicrophone(bus, bus, 16000),
    AnalogInput(bus, 1000), DigitalInputs((bus, bus, bus), 1000),
]
for driver in drivers:
    driver.readinto(buffer)
    micropython.heap_lock()
    count = driver.readinto(buffer)
    micropython.heap_unlock()
    print(type(driver).__name__, count)
"""
    lines = run_ok(script, source_paths=SOURCES).splitlines()
    assert [line.split()[1] for line in lines] == ["480"] * 5


def test_readings_come_at_their_rate():
    script = """
import time
from drivers.raw_inputs import AnalogInput

class Input:
    def read_u16(self):
        return 1

driver = AnalogInput(Input(), 200)
start = time.ticks_ms()
driver.readinto(bytearray(40))
print(time.ticks_diff(time.ticks_ms(), start))
"""
    # 20 readings at 200 a second: 19 pauses of 5 ms; a loaded machine may be slower, never faster.
    assert 94 <= int(run_ok(script, source_paths=SOURCES)) < 2000


def test_more_pins_than_a_byte_has_are_refused():
    script = """
from drivers.raw_inputs import DigitalInputs
try:
    DigitalInputs((1,) * 9, 10)
except ValueError as error:
    print(error)
"""
    assert run_ok(script, source_paths=SOURCES).strip() == "9 pins for a byte"
