"""A partition of memory-mapped flash, reached as MicroPython reaches its ROMFS.

    view          its bytes in place
    block_bytes   what is erased at once
    erase(offset) → how many bytes are programmed at once, at the least
    program(offset, data), complete()

All of them raise OSError. `erase` takes a block, `program` whole multiples of the write size.
"""

from micropython import const

_COUNT = const(1)
_SEGMENT = const(2)
_PREPARE = const(3)
_WRITE = const(4)
_COMPLETE = const(5)
# Ports of RunicOS only: others answer -EINVAL, and their _PREPARE takes no offset.
_BLOCK_BYTES = const(6)
_ENODEV = const(19)


def open_rom(number: int, rom_ioctl: object = None) -> object:
    """Return the partition of that number; `rom_ioctl` is vfs's own if none is given.

    Raises OSError: ENODEV when there is none, EINVAL when this port can only erase it whole.
    """
    if rom_ioctl is None:
        import vfs

        rom_ioctl = getattr(vfs, "rom_ioctl", _no_partition)
    if number >= rom_ioctl(_COUNT):
        raise OSError(_ENODEV)
    segment = rom_ioctl(_SEGMENT, number)
    if isinstance(segment, int):
        raise OSError(-segment)
    if hasattr(segment, "ioctl"):
        from runicos.partition_device import DevicePartition

        return DevicePartition(segment)
    return RomPartition(rom_ioctl, number, segment)


class RomPartition:
    """A partition that `rom_ioctl` writes, with an offset for what it erases."""

    def __init__(self, rom_ioctl: object, number: int, view: object) -> None:
        self._ioctl = rom_ioctl
        self._number = number
        self.view = view
        self.block_bytes = _checked(rom_ioctl(_BLOCK_BYTES, number))

    def erase(self, offset: int) -> int:
        """Erase the block at an offset; return the write size."""
        return _checked(self._ioctl(_PREPARE, self._number, offset, self.block_bytes))

    def program(self, offset: int, data: bytearray) -> None:
        """Program cells that have been erased."""
        _checked(self._ioctl(_WRITE, self._number, offset, data))

    def complete(self) -> None:
        """End a run of programs."""
        _checked(self._ioctl(_COMPLETE, self._number))


def _no_partition(operation: int) -> int:
    return 0


def _checked(result: object) -> object:
    if isinstance(result, int) and result < 0:
        raise OSError(-result)
    return result
