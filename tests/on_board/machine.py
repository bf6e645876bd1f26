"""A board's two flashes, files in littlefs and bodies in a partition, and its power (MicroPython).

What is in RAM is forgotten by `boot`; what was on flash when power ended is what it finds.
"""

import os
from hashlib import sha256

import nor
import vfs
from models import finder, models_in

from runicos import partition
from runicos.bodies_extents import ExtentBodies
from runicos.contract.errors import RuneError
from runicos.pointer import PLACE, SHARED, SIZE, names, read
from runicos.shared import digest_of, own_bytes
from runicos.store import Store
from runicos.upload import Upload

BLOCK_BYTES = 4096
ROOT = "/flash/runes"
_FILE_BLOCKS = 12
_CHUNK_BYTES = 1020
TRIAL_CALLS = 3


def content(seed, size):
    """Return bytes that differ from those of any other seed, at any offset."""
    piece = b"".join([b"%d:%d;" % (seed, number) for number in range(64)])
    return (piece * (size // len(piece) + 1))[:size]


class Machine:
    """A board without its line: the store is used directly."""

    def __init__(self, body_blocks, write_bytes):
        self.files = _nor(_FILE_BLOCKS, 32)
        self.bodies = _nor(body_blocks, write_bytes)
        self.store = None
        self.power = None
        vfs.VfsLfs2.mkfs(nor.Device(self.files))
        self.boot()

    def boot(self, operations=None):
        """Power on, for so many flash operations."""
        self.power = nor.Power()
        for flash in (self.files, self.bodies):
            flash.power = self.power
            flash.failing_in = 0
        if "flash" in os.listdir("/"):
            vfs.umount("/flash")
        vfs.mount(vfs.VfsLfs2(nor.Device(self.files)), "/flash")
        self.power.operations = operations
        opened = partition.open_rom(1, self.bodies.rom_ioctl)
        self.store = Store(ROOT, ExtentBodies(ROOT, opened))
        self.sending = Upload(self.store, TRIAL_CALLS)

    def try_boot(self, operations):
        """Power on, which may last too short a time to start."""
        try:
            self.boot(operations)
        except (OSError, RuneError):
            assert not self.power.is_on()

    def snapshot(self):
        return [(bytes(flash.memory), bytes(flash.units)) for flash in (self.files, self.bodies)]

    def restore(self, snapshot):
        for flash, (memory, units) in zip((self.files, self.bodies), snapshot):
            flash.memory[:] = memory
            flash.units[:] = units

    def contents(self):
        """Return what each Rune on flash is, read in place."""
        found = {}
        for name in names(self.store):
            body = self.store.open(name)
            found[name] = b"".join([bytes(part) for part in body.parts])
            assert digest_of(body.parts) == body.digest
            body.close()
            for version in read(self.store, name).versions():
                self._check_rest(version[PLACE] + own_bytes(version[SIZE], version[SHARED]))
        return found

    def _check_rest(self, end):
        """Check that nothing was programmed behind a version."""
        rest = memoryview(self.bodies.memory)[end : end + -end % BLOCK_BYTES]
        assert rest == b"\xff" * len(rest)

    def upload(self, name, data, stop_at=None):
        """Send a Rune, up to `stop_at` only if given; return the offset that it began at."""
        sending = self.sending
        digest = sha256(data).digest()
        first = sending.begin(name, len(data), digest, models_in(data), finder(self.store, data))
        end = len(data) if stop_at is None else stop_at
        while sending.received < end:
            at = sending.received
            sending.append(at, memoryview(data)[at : min(end, at + _CHUNK_BYTES)])
        if stop_at is None:
            self.commit()
        return first

    def commit(self):
        body, _ = self.sending.seal()
        try:
            self.sending.commit("0.1.0")
        finally:
            body.close()


def _nor(blocks, write_bytes):
    memory = bytearray(b"\xff" * (blocks * BLOCK_BYTES))
    return nor.Nor(memory, bytearray(len(memory) // write_bytes), BLOCK_BYTES, write_bytes)


def folder():
    """Return what lies beside the Runes."""
    return sorted([entry[0] for entry in os.ilistdir(ROOT)])
