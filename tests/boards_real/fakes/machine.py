"""MicroPython's `machine` on a board that is a recording; only what a hal.py uses."""

import replay


def _hex(data: object) -> str:
    return "".join(["%02x" % byte for byte in bytes(data)])


def unique_id() -> bytes:
    return b"\xe6\x61\x64\x08\x43\x12\xab\xcd"


def reset() -> None:
    replay.say("machine reset")


PWRON_RESET = 1
WDT_RESET = 3
cause = PWRON_RESET


def reset_cause() -> int:
    return cause


class WDT:
    def __init__(self, *, timeout: int) -> None:
        replay.say("wdt timeout=%d" % timeout)

    def feed(self) -> None:
        replay.say("wdt feed")


class Timer:
    PERIODIC = "periodic"

    def __init__(self, number: int, *, mode: str, period: int, callback: object) -> None:
        self._text = "timer %d" % number
        replay.say("%s %s period=%d" % (self._text, mode, period))
        # It goes off once.
        callback(self)

    def deinit(self) -> None:
        replay.say("%s deinit" % self._text)


class Pin:
    IN = "in"
    PULL_UP = "up"

    def __init__(self, name: object, mode: str = "", pull: str = "") -> None:
        self.name = name
        if mode:
            replay.say("pin %s %s %s" % (name, mode, pull))

    def value(self) -> int:
        return replay.say("pin %s read" % self.name)[0]


class I2C:
    def __init__(self, bus: int, *, scl: object = None, sda: object = None, freq: int) -> None:
        self._bus = "i2c %d" % bus
        pins = "" if scl is None else " scl=%s sda=%s" % (scl.name, sda.name)
        replay.say("%s init%s freq=%d" % (self._bus, pins, freq))

    def writeto_mem(self, address: int, register: int, data: bytes) -> None:
        replay.say("%s write %02x %02x %s" % (self._bus, address, register, _hex(data)))

    def readfrom_mem_into(self, address: int, register: int, buffer: bytearray) -> None:
        text = "%s read %02x %02x" % (self._bus, address, register)
        if replay.say_into(text, buffer) != len(buffer):
            raise replay.Unexpected("%r of %d bytes" % (text, len(buffer)))


class I2S:
    RX = "RX"
    MONO = "MONO"

    def __init__(self, bus: int, **given: object) -> None:
        self._bus = "i2s %d" % bus
        pins = " ".join(["%s=%s" % (name, given.pop(name).name) for name in ("sck", "ws", "sd")])
        rest = " ".join(["%s=%s" % (name, given[name]) for name in sorted(given)])
        replay.say("%s init %s %s" % (self._bus, pins, rest))

    def readinto(self, buffer: object) -> "int | None":
        return replay.say_into("%s read %d" % (self._bus, len(buffer)), buffer)

    def deinit(self) -> None:
        replay.say("%s deinit" % self._bus)


class ADC:
    CORE_TEMP = "core"
    ATTN_11DB = "11dB"

    def __init__(self, pin: object) -> None:
        self._name = pin.name if isinstance(pin, Pin) else pin
        replay.say("adc %s init" % self._name)

    def atten(self, attenuation: str) -> None:
        replay.say("adc %s atten %s" % (self._name, attenuation))

    def read_u16(self) -> int:
        return int.from_bytes(replay.say("adc %s read" % self._name), "little")
