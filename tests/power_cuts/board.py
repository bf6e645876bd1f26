"""A board's store on CPython: the modules that ship, with `os` and `open` of a littlefs.

This changes modules of RunicOS for the whole process: a campaign has a process of its own.
"""

import errno
import sys
import types
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, Self

import numpy as np
from littlefs import LittleFS
from littlefs.errors import LittleFSError

from tests.power_cuts.flash import BLOCK_BYTES, Context, Flash, Partition, Power


def _address(view: memoryview) -> int:
    return int(np.frombuffer(view, np.uint8).ctypes.data) if len(view) else 0


def _offset(parts: tuple[memoryview, ...], view: memoryview) -> int:
    """Where in a file in parts a view of it lies, as native_modules/chunks says."""
    at = 0
    for part in parts:
        inside = _address(view) - _address(part)
        if 0 <= inside <= len(part) - len(view):
            return at + inside
        at += len(part)
    raise ValueError("that is no view of the data")


_micropython = types.ModuleType("micropython")
_micropython.const = lambda value: value  # type: ignore[attr-defined]
sys.modules.setdefault("micropython", _micropython)
# Here no watchdog waits.
_rune = types.ModuleType("rune")
_rune.feed = lambda: None  # type: ignore[attr-defined]
sys.modules.setdefault("rune", _rune)
_chunks = types.ModuleType("chunks")
_chunks.offset = _offset  # type: ignore[attr-defined]
sys.modules.setdefault("chunks", _chunks)

from runicos import (  # noqa: E402
    bodies_files,
    extent_upload,
    floors,
    pending,  # noqa: F401 - the campaign asks, too
    pointer,
    recovery,
    small_files,
    upload,
    versions,
    waiting,
)
from runicos.bodies_extents import ExtentBodies  # noqa: E402
from runicos.contract.errors import TRAP, RuneError  # noqa: E402
from runicos.shared import own_bytes  # noqa: E402, F401 - the campaign asks, too
from runicos.store import Store  # noqa: E402
from tests.on_board.models import finder, models_in, with_model  # noqa: E402, F401

ROOT = "/runes"
TRIAL_CALLS = 3
_FILE_BLOCKS = 40
_CHUNK_BYTES = 1020


def _error(error: Exception) -> OSError:
    if isinstance(error, LittleFSError):
        return OSError(-error.code, str(error))
    return OSError(errno.ENOENT if isinstance(error, FileNotFoundError) else errno.EIO, str(error))


def release_of(data: bytes) -> str:
    """The release of a version of the campaign: bytes begin with their number."""
    return f"0.{data.split(b':', 1)[0].decode()}.0"


class File:
    """A file of littlefs, unbuffered; what fails is an OSError."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, size: int = -1) -> bytes:
        return self._do(self._file.read, size)

    def write(self, data: bytes | memoryview) -> int:
        return self._do(self._file.write, bytes(data))

    def flush(self) -> None:
        self._do(self._file.flush)

    def close(self) -> None:
        try:
            self._do(self._file.close)
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let the collector not close it (again): its board has no power any more."""
        self._file.close = lambda: None

    def _do(self, action: Any, *arguments: object) -> Any:
        try:
            return action(*arguments)
        except (LittleFSError, OSError) as error:
            raise _error(error) from None


class Os:
    """What the store asks of `os`, and `open`."""

    def __init__(self, files: LittleFS) -> None:
        self._files = files
        self._opened: list[File] = []

    def open(self, path: str, mode: str) -> File:
        file = File(self._do(self._files.open, path, mode, 0))
        self._opened.append(file)
        return file

    def abandon(self) -> None:
        """Forget every file: power has ended."""
        for file in self._opened:
            file.abandon()

    def ilistdir(self, path: str) -> Iterator[tuple[str, int, int, int]]:
        found = self._do(lambda: list(self._files.scandir(path)))
        return iter([(entry.name, 0x8000, 0, entry.size) for entry in found])

    def stat(self, path: str) -> tuple[int, ...]:
        found = self._do(self._files.stat, path)
        return (0, 0, 0, 0, 0, 0, found.size)

    def rename(self, old: str, new: str) -> None:
        self._do(self._files.rename, old, new)

    def remove(self, path: str) -> None:
        self._do(self._files.remove, path)

    def mkdir(self, path: str) -> None:
        self._do(self._files.mkdir, path)

    def _do(self, action: Any, *arguments: object) -> Any:
        try:
            return action(*arguments)
        except (LittleFSError, OSError) as error:
            raise _error(error) from None


class _Copy(bytearray):
    def close(self) -> None:
        """Nothing is held but memory."""


class Board:
    """Two flashes and what is in RAM, which `boot` forgets."""

    def __init__(self, kind: str, body_bytes: int, write_bytes: int = 16) -> None:
        self.kind = kind
        self.body_bytes = body_bytes
        self.files = Flash(_FILE_BLOCKS, 16)
        self.bodies = Flash(max(1, body_bytes // BLOCK_BYTES), write_bytes)
        self.power = Power()
        self.os: Os | None = None
        self._littlefs().format()
        self.boot(Power())

    def _littlefs(self) -> LittleFS:
        return LittleFS(
            context=Context(self.files),
            mount=False,
            block_size=BLOCK_BYTES,
            block_count=_FILE_BLOCKS,
            read_size=16,
            prog_size=16,
            cache_size=256,
            lookahead_size=16,
        )

    def boot(self, power: Power) -> None:
        """Power on; what the last power cut left is put right, and free flash is gathered."""
        if self.os is not None:
            self.os.abandon()
        self.use_power(power)
        files = self._littlefs()
        files.mount()
        self.os = Os(files)
        for module in (bodies_files, pointer, recovery, small_files):
            module.os = self.os  # type: ignore[attr-defined]
        for module in (bodies_files, small_files, extent_upload):
            module.open = self.os.open  # type: ignore[attr-defined]
        self.store = Store(ROOT, self._new_bodies())
        recovery.gather(self.store)
        self.sending = upload.Upload(self.store, TRIAL_CALLS)

    def use_power(self, power: Power) -> None:
        """Go on with a power that may end."""
        self.power = self.files.power = self.bodies.power = power

    def _new_bodies(self) -> object:
        if self.kind == "extents":
            return ExtentBodies(ROOT, Partition(self.bodies))
        return bodies_files.FileBodies(ROOT, self.body_bytes, self._map)

    def _map(self, path: str) -> _Copy:
        with self.os.open(path, "rb") as file:
            return _Copy(file.read())

    def snapshot(self) -> list[tuple[bytes, bytes]]:
        return [self.files.snapshot(), self.bodies.snapshot()]

    def restore(self, snapshot: list[tuple[bytes, bytes]]) -> None:
        for flash, content in zip((self.files, self.bodies), snapshot, strict=True):
            flash.restore(content)

    # ---- What hosts, owners and Runes do

    def cast(self, name: str, data: bytes, *, waits: bool = False) -> None:
        """Upload and commit a version, which may wait for a grant."""
        digest = sha256(data).digest()
        self.sending.begin(name, len(data), digest, models_in(data), finder(self.store, data))
        while self.sending.received < len(data):
            at = self.sending.received
            self.sending.append(at, memoryview(data)[at : at + _CHUNK_BYTES])
        body, _ = self.sending.seal()
        try:
            self.sending.commit(release_of(data), waits)
        finally:
            body.close()  # type: ignore[attr-defined]

    def confirm(self, name: str) -> None:
        found = pointer.read(self.store, name)
        release = found.current[pointer.RELEASE]
        manifest = types.SimpleNamespace(release=release, security_counter=0)
        versions.end_trial(self.store, name, manifest)

    def take(self, name: str) -> None:
        waiting.take(self.store, name, TRIAL_CALLS)

    def drop(self, name: str) -> None:
        waiting.drop(self.store, name)

    def go_back(self, name: str) -> None:
        versions.go_back(self.store, name, RuneError(TRAP, "unreachable executed", 1))

    def exchange(self, name: str) -> None:
        versions.exchange(self.store, name)

    def floor(self, name: str) -> str:
        """The release that a Rune's floor has; what is below it is refused."""
        return str(floors.lower(ROOT, name, "99", None)[0])

    def listing(self) -> set[str]:
        return {entry[0] for entry in self.os.ilistdir(ROOT)}

    def bytes_of(self, version: list[Any] | None) -> bytes | None:
        """Return a version's bytes, None without one; its hash must be theirs."""
        if version is None:
            return None
        body = pointer.open_body(self.store, version)
        data = b"".join(bytes(part) for part in body.parts)
        body.close()
        assert sha256(data).digest() == version[pointer.SHA256], "a version is damaged"
        return data
