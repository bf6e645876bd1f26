"""Bodies as files: `<hash>.body`, mapped; an upload grows in `upload.part`, renamed at its end.

At most one part is kept, so garbage is bounded by the largest upload. A file is named for what is
in it, so two Runes of the same bytes share one.
"""

import os

from micropython import const

from runicos import small_files
from runicos.contract.errors import FLASH_FULL, RuneError

_SUFFIX = ".body"
# Of the SHA-256: so many that nobody finds another file of the same name.
_NAME_BYTES = const(16)


class FileBody:
    """A version's bytes where its file lies: `view`; `close` when nothing reads them any more."""

    def __init__(self, mapping: object, digest: "bytes | None") -> None:
        self._mapping = mapping
        self.digest = digest
        self.view = memoryview(mapping)

    def close(self) -> None:
        """Let the file go."""
        self._mapping.close()


class FileBodies:
    """Bodies in a folder of `total_bytes`; `map_file(path)` gives a file's bytes in place."""

    def __init__(self, root: str, total_bytes: int, map_file: object) -> None:
        self._root = root
        self._map_file = map_file
        self._part = root + "/upload.part"
        self._file: object = None
        self.total_bytes = total_bytes
        self.received = 0
        # Since the board was started; what its file system erases for it nobody knows here.
        self.written_bytes = 0
        self.erased_bytes: "int | None" = None

    def largest(self, kept: "list[tuple[str, int]]") -> int:
        """Return the largest Rune that there is space for when these (place, size) stay."""
        used = sum([size for _, size in set(kept)])
        for name in self._names():
            if not name.endswith(_SUFFIX) and name != "upload.part":
                used += small_files.size_of(self._root + "/" + name)
        return max(0, self.total_bytes - used)

    def find(self, size: int, kept: "list[tuple[str, int]]") -> "int | None":
        """Return where an upload goes if there is space for it: files need no place."""
        return 0 if size <= self.largest(kept) else None

    def gather(self, store: object) -> int:
        """Return how many versions were moved: none, for what is free here is in one piece."""
        return 0

    def is_place(self, place: object, size: object) -> bool:
        """Say whether a body could be there."""
        return (
            isinstance(place, str)
            and place.endswith(_SUFFIX)
            and "/" not in place
            and isinstance(size, int)
            and size >= 0
        )

    def open(self, place: str, size: int, digest: "bytes | None") -> FileBody:
        """Return the body of that file. Raises RuneError."""
        try:
            return FileBody(self._map_file(self._root + "/" + place), digest)
        except OSError as error:
            raise small_files.failed(error)

    def sweep(self, kept: "list[str]") -> None:
        """Remove the bodies that are none of these. Raises RuneError."""
        for name in self._names():
            if name.endswith(_SUFFIX) and name not in kept:
                small_files.remove(self._root + "/" + name)

    # ---- The upload

    def create(self, place: int, size: int) -> None:
        """Begin an upload. Raises OSError."""
        self._file = open(self._part, "wb")
        self.received = 0

    def resume(self, place: int, size: int, kept: "list[tuple[str, int]]") -> bool:
        """Go on with an upload if any of it is there and its space too. Raises OSError."""
        there = small_files.size_of(self._part)
        if not 0 < there <= size or size > self.largest(kept):
            return False
        self._file = open(self._part, "ab")
        self.received = there
        return True

    def append(self, data: "bytes | memoryview") -> None:
        """Add the upload's next bytes. Raises RuneError; `received` says where to go on."""
        try:
            self._file.write(data)
        except OSError as error:
            # Some of them may have been written: what follows goes on behind those.
            self.received = small_files.size_of(self._part)
            if error.errno == small_files.ENOSPC:
                raise RuneError(FLASH_FULL, self._unused_bytes(), len(data))
            raise small_files.failed(error)
        self.received += len(data)
        self.written_bytes += len(data)

    def finish(self) -> FileBody:
        """Return the body that has been received. Raises RuneError."""
        try:
            self._file.flush()
        except OSError as error:
            raise small_files.failed(error)
        self.pause()
        return self.open("upload.part", self.received, None)

    def keep(self, digest: bytes) -> str:
        """Return the place of what was received: a pointer may name it now. Raises RuneError."""
        place = _name(digest)
        try:
            os.rename(self._part, self._root + "/" + place)
        except OSError as error:
            raise small_files.failed(error)
        return place

    def pause(self) -> None:
        """Stop writing; what has been received stays."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def rescue(self, digest: bytes, kept: "list[str]") -> None:
        """Make what was renamed, but is named by no pointer, the upload again."""
        place = _name(digest)
        if place not in kept and small_files.size_of(self._root + "/" + place):
            os.rename(self._root + "/" + place, self._part)

    def drop(self) -> None:
        """Delete what was received. Raises RuneError."""
        self.pause()
        small_files.remove(self._part)
        self.received = 0

    # ---- Inside

    def _names(self) -> "list[str]":
        return [entry[0] for entry in os.ilistdir(self._root)]

    def _unused_bytes(self) -> int:
        used = [small_files.size_of(self._root + "/" + name) for name in self._names()]
        return max(0, self.total_bytes - sum(used))


def _name(digest: bytes) -> str:
    return "".join(["%02x" % byte for byte in digest[:_NAME_BYTES]]) + _SUFFIX
