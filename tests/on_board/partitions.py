"""The partitions that ports offer, and those that must be refused (a MicroPython script)."""

import errno

import nor
from machine import BLOCK_BYTES

from runicos import partition

BLOCKS = 4


def flash(write_bytes=16):
    memory = bytearray(BLOCKS * BLOCK_BYTES)
    return nor.Nor(memory, bytearray(len(memory) // write_bytes), BLOCK_BYTES, write_bytes)


class BufferDevice(bytearray):
    """A block device that is a buffer, as esp32's and rp2's partitions are."""

    def use(self, memory_flash):
        self.flash = memory_flash
        self.device = nor.Device(memory_flash)
        return self

    def ioctl(self, operation, argument):
        return self.device.ioctl(operation, argument)

    def writeblocks(self, block, data, offset):
        return self.device.writeblocks(block, data, offset)


def check(opened, memory_flash):
    """Erase and program through a partition, and see it in place."""
    assert opened.block_bytes == BLOCK_BYTES
    assert len(opened.view) == BLOCKS * BLOCK_BYTES
    assert opened.erase(BLOCK_BYTES) >= memory_flash.write_bytes
    assert sorted(memory_flash.worn.items()) == [(BLOCK_BYTES, 1)]
    data = bytearray(b"0123456789abcdef" * 16)
    opened.program(BLOCK_BYTES + 256, data)
    opened.complete()
    assert memory_flash.memory[BLOCK_BYTES + 256 : BLOCK_BYTES + 512] == data


def refused(rom_ioctl, number):
    try:
        partition.open_rom(number, rom_ioctl)
    except OSError as error:
        return error.errno
    raise AssertionError("it was opened")


def rom():
    memory_flash = flash()
    opened = partition.open_rom(1, memory_flash.rom_ioctl)
    check(opened, memory_flash)
    assert opened.view[BLOCK_BYTES + 256] == ord("0")


def device():
    """Here the buffer is not the device's memory, so that is what is looked at."""
    memory_flash = flash(256)
    buffer = BufferDevice(len(memory_flash.memory)).use(memory_flash)

    def esp32(operation, *_):
        return 1 if operation == 1 else buffer

    check(partition.open_rom(0, esp32), memory_flash)


def stock_memoryview():
    """A port whose erase takes no offset is refused before anything is erased."""
    erased = []

    def stm32(operation, number=0, *arguments):
        if operation == 1:
            return 2
        if operation == 2:
            return memoryview(bytearray(BLOCKS * BLOCK_BYTES))
        if operation == 3:
            erased.append(arguments)
            return 16
        return -errno.EINVAL

    assert refused(stm32, 1) == errno.EINVAL
    assert erased == []


def absent():
    memory_flash = flash()
    assert refused(memory_flash.rom_ioctl, 2) == errno.ENODEV
    assert refused(memory_flash.rom_ioctl, 0) == errno.EINVAL
    # This firmware has none at all.
    assert refused(None, 0) == errno.ENODEV


def failing():
    """An error of the flash is raised, by each operation."""
    memory_flash = flash()
    opened = partition.open_rom(1, memory_flash.rom_ioctl)
    memory_flash.power.operations = 0
    for operation in (
        lambda: opened.erase(0),
        lambda: opened.program(0, bytearray(256)),
        opened.complete,
    ):
        try:
            operation()
        except OSError as error:
            assert error.errno == errno.EIO
        else:
            raise AssertionError("no error")


for case in (rom, device, stock_memoryview, absent, failing):
    case()
    print(case.__name__)
