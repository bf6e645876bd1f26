"""A partition of memory-mapped flash, reached as MicroPython reaches its ROMFS.

    view          its bytes in place
    block_bytes   what is erased at once
    erase(offset) → how many bytes are programmed at once, at the least
    program(offset, data), complete()

All of them raise OSError. `erase` takes a block, `program` whole multiples of the write size.
"""

_COUNT = 1
_SEGMENT = 2
_PREPARE = 3
_WRITE = 4
_COMPLETE = 5
# Ports of RunicOS only: others answer -EINVAL, and their _PREPARE takes no offset.
_BLOCK_BYTES = 6
_ENODEV = 19
# A block device's own numbers.
_DEVICE_COUNT = 4
_DEVICE_BLOCK_BYTES = 5
_DEVICE_ERASE = 6
# What rp2 programs at once; esp32 takes any size.
_DEVICE_WRITE_BYTES = 256


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


class DevicePartition:
    """A partition that is a block device and a buffer, as on esp32 and rp2."""

    def __init__(self, device: object) -> None:
        self._device = device
        self.block_bytes = device.ioctl(_DEVICE_BLOCK_BYTES, 0)
        self.view = memoryview(device)[: device.ioctl(_DEVICE_COUNT, 0) * self.block_bytes]

    def erase(self, offset: int) -> int:
        """Erase the block at an offset; return the write size."""
        _checked(self._device.ioctl(_DEVICE_ERASE, offset // self.block_bytes))
        return _DEVICE_WRITE_BYTES

    def program(self, offset: int, data: bytearray) -> None:
        """Program cells that have been erased."""
        block, within = divmod(offset, self.block_bytes)
        _checked(self._device.writeblocks(block, data, within))

    def complete(self) -> None:
        """Nothing is left to do: a device writes at once."""


def _no_partition(operation: int) -> int:
    return 0


def _checked(result: object) -> object:
    if isinstance(result, int) and result < 0:
        raise OSError(-result)
    return result
