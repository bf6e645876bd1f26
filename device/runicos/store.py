"""The store: Runes on flash, each whole or not there at all.

    <name>.rune     a Rune
    <name>.state    what its owner decided: CBOR {started, period_ms, grant}; `starting` is there
                    while its start or its first call is under way
    upload.part     the bytes, so far, of the one upload under way
    upload.want     CBOR [name, size, sha256]: what those bytes are to be

A kill between any two steps leaves either the old Rune or the new one: `upload.want` is there
only while `upload.part` belongs to it, and the part becomes the Rune by one rename. At most one
part is kept, so garbage is bounded by the largest upload.
"""

import os
from hashlib import sha256

from runicos.contract import cbor
from runicos.contract.errors import FLASH_FULL, HASH_MISMATCH, NOT_WASM, STORE_FAILED, RuneError

_ENOENT = 2
_ENOSPC = 28
_RUNE = ".rune"
_STATE = ".state"


class Store:
    """Runes below a folder of the flash; `map_file` gives a file's bytes in place."""

    def __init__(self, root: str, flash_bytes: int, map_file: object) -> None:
        self._root = root
        self._flash_bytes = flash_bytes
        self._map_file = map_file
        self._part = root + "/upload.part"
        self._want = root + "/upload.want"
        self._name = ""
        self._size = 0
        self._sha256 = b""
        self._file: object = None
        self.received = 0
        _make_folder(root)
        self._clean()

    # ---- Runes

    def names(self) -> "list[str]":
        """Return the names of the Runes on flash, sorted."""
        files = [entry[0] for entry in os.ilistdir(self._root)]
        return sorted([name[: -len(_RUNE)] for name in files if name.endswith(_RUNE)])

    def map(self, name: str) -> object:
        """Return a Rune's bytes in place. Raises RuneError."""
        try:
            return self._map_file(self._path(name, _RUNE))
        except OSError as error:
            raise _failed(error)

    def remove(self, name: str) -> None:
        """Delete a Rune and what its owner decided."""
        _remove(self._path(name, _RUNE))
        _remove(self._path(name, _STATE))

    def free_bytes(self) -> int:
        """Return how many bytes of flash are free."""
        return max(0, self._flash_bytes - self._used_bytes())

    def decision(self, name: str) -> "dict[str, object]":
        """Return what the owner decided about a Rune; empty when nothing is known."""
        try:
            with open(self._path(name, _STATE), "rb") as file:
                decided = cbor.loads(file.read())
        except (OSError, ValueError):
            return {}
        return decided if isinstance(decided, dict) else {}

    def decide(self, name: str, decided: "dict[str, object]") -> None:
        """Keep what the owner decided about a Rune over a power cut."""
        self._write_whole(self._path(name, _STATE), cbor.dumps(decided))

    # ---- The upload

    def begin(self, name: str, size: int, digest: bytes) -> int:
        """Open the upload of a Rune; return how many of its bytes are there already."""
        want = cbor.dumps([name, size, digest])
        self.close()
        kept = _size_of(self._part) if _read_small(self._want) == want else 0
        kept = kept if kept <= size else 0
        self._check_space(size, kept)
        try:
            if kept == 0:
                _remove(self._want)
                self._file = open(self._part, "wb")
                self._write_whole(self._want, want)
            else:
                self._file = open(self._part, "ab")
        except OSError as error:
            raise _failed(error)
        self._name, self._size, self._sha256 = name, size, digest
        self.received = kept
        return kept

    def append(self, data: "bytes | memoryview") -> None:
        """Add the upload's next bytes."""
        try:
            self._file.write(data)
        except OSError as error:
            # Some of them may have been written: what follows goes on behind those.
            self.received = _size_of(self._part)
            raise self._write_failed(error, len(data))
        self.received += len(data)

    def seal(self) -> "tuple[object, bytes]":
        """Return the finished upload's bytes in place and their hash; damaged ones are deleted."""
        if self._size == 0:
            self.discard()
            raise RuneError(NOT_WASM, 0)
        try:
            self._file.flush()
            self.close()
            mapping = self._map_file(self._part)
        except OSError as error:
            raise _failed(error)
        digest = sha256(mapping).digest()
        if digest != self._sha256:
            self.discard()
            raise RuneError(HASH_MISMATCH, _hex(digest), _hex(self._sha256))
        return mapping, digest

    def commit(self) -> None:
        """Make the sealed upload the Rune of its name, in one step."""
        try:
            os.rename(self._part, self._path(self._name, _RUNE))
            _remove(self._want)
        except OSError as error:
            raise _failed(error)

    def close(self) -> None:
        """Stop writing; the part stays for a later resume."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def discard(self) -> None:
        """Forget the upload and delete its bytes."""
        self.close()
        _remove(self._want)
        _remove(self._part)
        self.received = 0

    # ---- Inside

    def _path(self, name: str, suffix: str) -> str:
        return self._root + "/" + name + suffix

    def _clean(self) -> None:
        """Delete what a kill left behind, but for an upload that can be resumed."""
        for entry in os.ilistdir(self._root):
            if entry[0].endswith(".new"):
                _remove(self._root + "/" + entry[0])
        if _read_small(self._want) is None:
            _remove(self._part)

    def _write_whole(self, path: str, data: bytes) -> None:
        try:
            with open(path + ".new", "wb") as file:
                file.write(data)
                file.flush()
            os.rename(path + ".new", path)
        except OSError as error:
            raise self._write_failed(error, len(data))

    def _check_space(self, size: int, kept: int) -> None:
        # The part that is there is overwritten or continued: it counts as free.
        free = self._flash_bytes - self._used_bytes() + _size_of(self._part)
        if size > free:
            raise RuneError(FLASH_FULL, max(0, free - kept), size - kept)

    def _used_bytes(self) -> int:
        names = [entry[0] for entry in os.ilistdir(self._root)]
        return sum([_size_of(self._root + "/" + name) for name in names])

    def _write_failed(self, error: OSError, size: int) -> RuneError:
        if error.errno == _ENOSPC:
            return RuneError(FLASH_FULL, self.free_bytes(), size)
        return _failed(error)


def _failed(error: OSError) -> RuneError:
    return RuneError(STORE_FAILED, "errno %s" % error.errno)


def _make_folder(path: str) -> None:
    try:
        os.stat(path)
    except OSError:
        os.mkdir(path)


def _remove(path: str) -> None:
    try:
        os.remove(path)
    except OSError as error:
        if error.errno != _ENOENT:
            raise _failed(error)


def _size_of(path: str) -> int:
    try:
        return os.stat(path)[6]
    except OSError:
        return 0


def _read_small(path: str) -> "bytes | None":
    try:
        with open(path, "rb") as file:
            return file.read(512)
    except OSError:
        return None


def _hex(digest: bytes) -> str:
    return "".join(["%02x" % byte for byte in digest])
