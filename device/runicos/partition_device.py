"""A partition of flash that is a block device and a buffer; partition.py says what it does."""

from micropython import const

# A block device's own numbers.
_DEVICE_COUNT = const(4)
_DEVICE_BLOCK_BYTES = const(5)
_DEVICE_ERASE = const(6)
# What rp2 programs at once; esp32 takes any size.
_DEVICE_WRITE_BYTES = const(256)


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


def _checked(result: "int | None") -> None:
    if result is not None and result < 0:
        raise OSError(-result)
