"""NOR flash with its rules enforced, and power that can be cut (a MicroPython module).

Erasing takes whole blocks; programming takes whole write units, each once between two erases. Who
breaks a rule gets an AssertionError. The operation at which power ends is half done, like what a
real chip leaves: cells of an interrupted erase or program may read as anything.
"""

import random

_EINVAL = 22
_EIO = 5


class Power:
    """Power for so many operations of the flash; None is for ever."""

    def __init__(self, operations=None):
        self.operations = operations
        self.spent = 0

    def is_on(self):
        return self.operations is None or self.spent < self.operations

    def spend(self):
        """Take one operation; say whether power lasts to its end."""
        self.spent += 1
        return self.is_on()


class Nor:
    """Cells in `memory`; `worn` counts the erases of each block.

    `units`, one byte each, says which units are programmed or in an unknown state. With
    `failing_in` set to n, the n-th operation from now fails half done, as a bad block would.
    """

    def __init__(self, memory, units, block_bytes, write_bytes):
        self.memory = memory
        self.units = units
        self.block_bytes = block_bytes
        self.write_bytes = write_bytes
        self.power = Power()
        self.worn = {}
        self.failing_in = 0

    def _lasts(self):
        """Say whether an operation comes to its end: power lasts and the chip does not fail."""
        if self.failing_in == 1:
            self.power.spend()
            self.failing_in = 0
            return False
        self.failing_in = max(0, self.failing_in - 1)
        return self.power.spend()

    def erase(self, offset, length):
        assert offset % self.block_bytes == 0 and length % self.block_bytes == 0, "no whole block"
        assert offset >= 0 and offset + length <= len(self.memory), "outside"
        if not self.power.is_on():
            return -_EIO
        whole = self._lasts()
        first, count = offset // self.write_bytes, length // self.write_bytes
        for unit in range(first, first + count):
            self.units[unit] = 1
        for block in range(offset, offset + length, self.block_bytes):
            self.worn[block] = self.worn.get(block, 0) + 1
        if not whole:
            self._scramble(offset, length)
            return -_EIO
        self.memory[offset : offset + length] = b"\xff" * length
        for unit in range(first, first + count):
            self.units[unit] = 0
        return 0

    def program(self, offset, data):
        length = len(data)
        assert offset % self.write_bytes == 0 and length % self.write_bytes == 0, "no whole unit"
        assert offset >= 0 and offset + length <= len(self.memory), "outside"
        if not self.power.is_on():
            return -_EIO
        whole = self._lasts()
        first, count = offset // self.write_bytes, length // self.write_bytes
        for unit in range(first, first + count):
            assert self.units[unit] == 0, "programmed twice, or not erased, at %d" % offset
            self.units[unit] = 1
        done = length if whole else random.randrange(length)
        self.memory[offset : offset + done] = memoryview(data)[:done]
        if not whole:
            self.memory[offset + done] = data[done] | random.getrandbits(8)
            return -_EIO
        return 0

    def _scramble(self, offset, length):
        for at in range(offset, offset + length, 16):
            self.memory[at] |= random.getrandbits(8)
        if random.getrandbits(1):
            # So near to erased that it looks like it.
            self.memory[offset : offset + length] = b"\xff" * length

    def rom_ioctl(self, operation, number=0, *arguments):
        """Do what vfs.rom_ioctl of RunicOS's ports does, this being partition 1."""
        if operation == 1:
            return 2
        if number != 1:
            return -_EINVAL
        if operation == 2:
            return memoryview(self.memory)
        if operation == 3:
            return self.erase(arguments[0], arguments[1]) or self.write_bytes
        if operation == 4:
            return self.program(arguments[0], arguments[1])
        if operation == 5:
            return 0 if self.power.is_on() else -_EIO
        return self.block_bytes if operation == 6 else -_EINVAL


class Device:
    """The same flash as a block device, for littlefs."""

    def __init__(self, nor):
        self._nor = nor

    def readblocks(self, block, buffer, offset=0):
        at = block * self._nor.block_bytes + offset
        memoryview(buffer)[:] = memoryview(self._nor.memory)[at : at + len(buffer)]

    def writeblocks(self, block, buffer, offset=0):
        return self._nor.program(block * self._nor.block_bytes + offset, buffer)

    def ioctl(self, operation, argument):
        if operation == 4:
            return len(self._nor.memory) // self._nor.block_bytes
        if operation == 5:
            return self._nor.block_bytes
        if operation == 6:
            size = self._nor.block_bytes
            return self._nor.erase(argument * size, size)
        return 0
