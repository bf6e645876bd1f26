"""What RunicOS asks of a board, as far as real boards agree; hal.py of each adds the rest."""

import gc
import os

import machine
import micropython
import vfs

from runicos import serial_console
from runicos.bodies_extents import ExtentBodies
from runicos.bodies_files import FileBodies
from runicos.partition import open_rom

# What rune.running() says of code that no Rune ran.
_AT_REPL = 1
_EIO = 5
_ENOMEM = 12
_ENODEV = 19
_EINVAL = 22
_SEED_BYTES = 4
_SOUND_BUFFER_MS = 250
# What ports keep for each sample of I2S: both channels, 32 bits each.
_FRAME_BYTES = 8
_RESET_CAUSES = (
    ("PWRON_RESET", "power on"),
    ("WDT_RESET", "watchdog"),
    ("DEEPSLEEP_RESET", "deep sleep"),
)


class RealBoard:
    """A board of MicroPython's; a class of hal.py says `board`, `chip` and what it has."""

    board = ""
    chip = ""
    capabilities: "dict[str, dict[str, list[int]]]" = {}
    flash_root = "/runes"
    # The partition of MicroPython's ROMFS that is the Runes'.
    bodies_partition = 0
    # What machine.Pin calls RAW's digital inputs.
    digital_pins: "tuple[object, ...]" = ()
    # The longest that the chip's watchdog waits, and the machine.Timer that feeds it for the REPL.
    watchdog_max_ms = 0
    watchdog_timer = -1

    def __init__(self) -> None:
        tail = "".join(["%02x" % byte for byte in machine.unique_id()[-3:]])
        self.name = "%s-%s" % (self.board, tail)
        self.provider = "runicos:" + self.board
        self._microphone: object = None

    def facts(self) -> "dict[str, object]":
        """Return what never changes while the board runs."""
        return {
            "board": self.board,
            "name": self.name,
            "chip": self.chip,
            "provider": self.provider,
            "capabilities": self.capabilities,
            "outputs": ["SERIAL", "TENSOR"],
        }

    def capability(self, kind: str, params: "dict[str, object]") -> object:
        """Return a driver: its readinto(buffer) fills the buffer or raises."""
        if kind == "RAND":
            import rune

            return rune.Random(int.from_bytes(os.urandom(_SEED_BYTES), "little"))
        if kind == "SOUND":
            return self._sound(int(params["hz"]))
        if kind == "ACCEL":
            return self.accelerometer()
        if kind == "RAW":
            source, hz = int(params.get("source", 0)), int(params.get("hz", 1000))
            return self.digital_inputs(hz) if source else self.analog_input(hz)
        raise ValueError("no %s here" % kind)

    def _sound(self, hz: int) -> object:
        """Return the microphone: one for all Runes of one rate, the newest rate wins."""
        if self._microphone is not None:
            if self._microphone.hz == hz:
                return self._microphone
            self._microphone.close()
            self._microphone = None
        self._microphone = self.microphone(hz)
        return self._microphone

    def bodies(self) -> object:
        """Return where Runes' bodies lie: a mapped partition, or files that are copied to RAM."""
        try:
            return ExtentBodies(self.flash_root, open_rom(self.bodies_partition))
        except OSError as error:
            if error.errno not in (_ENODEV, _EINVAL):
                raise
        _check_file_system(_mounted(self.flash_root))
        return FileBodies(self.flash_root, _file_bytes(self.flash_root), _copy_file)

    def console(self) -> object:
        """Take over the serial port: from here on, Ctrl-C means the REPL and not RunicOS."""
        micropython.kbd_intr(-1)
        return serial_console.start()

    def listener(self) -> object:
        """Return None: there is no TCP link on these boards yet."""
        return None

    def watchdog(self, timeout_ms: int) -> object:
        """Start the chip's watchdog; it waits no longer than it can."""
        from drivers.watchdog import Watchdog

        timeout_ms = min(timeout_ms, self.watchdog_max_ms)
        return Watchdog(machine.WDT(timeout=timeout_ms), timeout_ms, self._every)

    def _every(self, period_ms: int, callback: object) -> object:
        mode, number = machine.Timer.PERIODIC, self.watchdog_timer
        return machine.Timer(number, mode=mode, period=period_ms, callback=callback)

    def last_fault(self) -> "str | None":
        """Return whether the watchdog reset the board; other faults MicroPython does not keep.

        Whose code at the REPL resets the board is not the watchdog, whatever the chip says: on
        some, machine.reset() is a reset by the watchdog.
        """
        import rune

        is_watchdog = machine.reset_cause() == machine.WDT_RESET and rune.running() != _AT_REPL
        return "watchdog" if is_watchdog else None

    def reset_cause(self) -> str:
        """Return why the chip started."""
        cause = machine.reset_cause()
        # Ports that cannot tell a cause have no name for it.
        for name, words in _RESET_CAUSES:
            if cause == getattr(machine, name, None):
                return words
        return "reset"

    def ready(self) -> None:
        """Whoever is on the serial line sees the prompt."""

    def reset(self) -> None:
        """Reset the chip."""
        import rune

        rune.running(_AT_REPL)
        machine.reset()

    # ---- What each board has; one that a class does not offer is never asked for

    def microphone(self, hz: int) -> object:
        """Return a driver for SOUND with `hz` and `close()`."""
        raise ValueError("no SOUND here")

    def accelerometer(self) -> object:
        """Return a driver for ACCEL."""
        raise ValueError("no ACCEL here")

    def analog_input(self, hz: int) -> object:
        """Return a driver for RAW's source 0."""
        raise ValueError("no RAW here")

    def digital_inputs(self, hz: int) -> object:
        """Return a driver for RAW's source 1: the board's digital pins, pulled up."""
        from drivers.raw_inputs import DigitalInputs

        made = [machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP) for pin in self.digital_pins]
        return DigitalInputs(tuple(made), hz)


def i2s_microphone(bus: int, pins: "tuple[object, object, object]", hz: int) -> object:
    """Return the microphone on a bus; `pins` are its clock, word select and data."""
    from drivers.i2s_microphone import I2sMicrophone

    clock, word, data = pins
    receiver = machine.I2S(
        bus,
        sck=clock,
        ws=word,
        sd=data,
        mode=machine.I2S.RX,
        bits=16,
        format=machine.I2S.MONO,
        rate=hz,
        ibuf=hz * _SOUND_BUFFER_MS // 1000 * _FRAME_BYTES,
    )
    return I2sMicrophone(receiver, hz, _SOUND_BUFFER_MS)


class _RamCopy(bytearray):
    """A file's bytes, copied: heap, for as long as a view of them is in use."""

    def close(self) -> None:
        """Nothing is held but memory."""


def _copy_file(path: str) -> _RamCopy:
    """Return a file's bytes. Raises OSError, also where there is not that much memory."""
    size = os.stat(path)[6]
    gc.collect()
    try:
        copy = _RamCopy(size)
    except MemoryError:
        raise OSError(_ENOMEM, "%d bytes of memory for a copy of %s" % (size, path))
    with open(path, "rb") as file:
        if file.readinto(copy) != size:
            raise OSError(_EIO, "%s is cut off" % path)
    return copy


def _mounted(path: str) -> str:
    return path[: path.rfind("/")] or "/"


def _file_bytes(path: str) -> int:
    """Return the size of the file system that a folder will be on."""
    status = os.statvfs(_mounted(path))
    return status[1] * status[2]


def _check_file_system(place: str) -> None:
    """Refuse FAT, where no file can take another's place in one step, as a commit does."""
    for mounted, at in vfs.mount():
        if at == place and type(mounted).__name__ == "VfsFat":
            raise OSError(_EINVAL, "%s is FAT: format it with littlefs (docs/boards.md)" % place)
