"""Flash whose power ends at an operation: before it, in the middle of it, in noise, or after it.

Rules of NOR flash are enforced: what is programmed was erased, and not programmed since.
"""

import random
from typing import Any

from littlefs.context import UserContext

MODES = ("before", "torn", "noise", "after")
BLOCK_BYTES = 4096
_EIO = -5


class Power:
    """Ends at operation number `cut_at`, counted from 1, in a way; 0 is never."""

    def __init__(self, cut_at: int = 0, mode: str = "before", seed: int = 0) -> None:
        self.cut_at = cut_at
        self.mode = mode
        self.spent = 0
        self.is_on = True
        self.chance = random.Random(seed)

    def share(self) -> float:
        """Take one operation; return how much of it is done."""
        self.spent += 1
        if self.spent != self.cut_at:
            return 1.0
        self.is_on = False
        return {"before": 0.0, "torn": 0.5, "noise": 0.5, "after": 1.0}[self.mode]


class Flash:
    """So many blocks, programmed in units of `write_bytes`."""

    def __init__(self, blocks: int, write_bytes: int) -> None:
        self.memory = bytearray(b"\xff" * (blocks * BLOCK_BYTES))
        self.used = bytearray(len(self.memory) // write_bytes)
        self.write_bytes = write_bytes
        self.power = Power()

    def snapshot(self) -> tuple[bytes, bytes]:
        """Return what is on it."""
        return bytes(self.memory), bytes(self.used)

    def restore(self, snapshot: tuple[bytes, bytes]) -> None:
        """Put on it what was on it."""
        self.memory[:], self.used[:] = snapshot

    def erase(self, offset: int) -> int:
        """Erase the block at an offset; -5 when power ended."""
        assert offset % BLOCK_BYTES == 0
        if not self.power.is_on:
            return _EIO
        done = int(self.power.share() * BLOCK_BYTES)
        whole = done == BLOCK_BYTES
        first = offset // self.write_bytes
        count = BLOCK_BYTES // self.write_bytes
        # Cells whose erase was interrupted may read as anything: they are to be erased again.
        self.used[first : first + count] = (b"\0" if whole else b"\1") * count
        self.memory[offset : offset + done] = b"\xff" * done
        self._scramble(offset + done, BLOCK_BYTES - done)
        return 0 if self.power.is_on else _EIO

    def program(self, offset: int, data: bytes | bytearray | memoryview) -> int:
        """Program whole units; -5 when power ended."""
        assert offset % self.write_bytes == 0
        assert len(data) % self.write_bytes == 0
        if not self.power.is_on:
            return _EIO
        done = int(self.power.share() * len(data))
        first, count = offset // self.write_bytes, len(data) // self.write_bytes
        assert not any(self.used[first : first + count]), "programmed twice, or not erased"
        if done or self.power.mode != "before":
            self.used[first : first + count] = b"\1" * count
        self.memory[offset : offset + done] = bytes(data[:done])
        self._scramble(offset + done, len(data) - done)
        return 0 if self.power.is_on else _EIO

    def _scramble(self, offset: int, length: int) -> None:
        """Leave noise in what an operation did not come to."""
        if self.power.mode == "noise":
            self.memory[offset : offset + length] = self.power.chance.randbytes(length)


class Context(UserContext):  # type: ignore[misc]
    """The flash as littlefs asks for one."""

    def __init__(self, flash: Flash) -> None:
        self._flash = flash

    def read(self, cfg: Any, block: int, off: int, size: int) -> bytearray:
        """Return bytes."""
        at = block * BLOCK_BYTES + off
        return self._flash.memory[at : at + size]

    def prog(self, cfg: Any, block: int, off: int, data: bytes) -> int:
        """Program bytes."""
        return self._flash.program(block * BLOCK_BYTES + off, data)

    def erase(self, cfg: Any, block: int) -> int:
        """Erase a block."""
        return self._flash.erase(block * BLOCK_BYTES)

    def sync(self, cfg: Any) -> int:
        """Nothing waits."""
        return 0


class Partition:
    """The flash as ExtentBodies asks for one."""

    block_bytes = BLOCK_BYTES

    def __init__(self, flash: Flash) -> None:
        self._flash = flash
        self.view = memoryview(flash.memory)

    def erase(self, offset: int) -> int:
        """Erase a block; return what is programmed at once."""
        self._check(self._flash.erase(offset))
        return self._flash.write_bytes

    def program(self, offset: int, data: bytearray) -> None:
        """Program erased cells."""
        self._check(self._flash.program(offset, data))

    def complete(self) -> None:
        """Nothing waits."""
        self._check(0 if self._flash.power.is_on else _EIO)

    def _check(self, result: int) -> None:
        if result < 0:
            raise OSError(-result, "no power")
