"""Bodies as files: `<name>.rune` is the Rune itself, mapped; an upload grows in `upload.part`.

The part becomes the Rune by one rename. At most one part is kept, so garbage is bounded by the
largest upload.
"""

import os

from runicos import small_files
from runicos.contract.errors import FLASH_FULL, RuneError


class FileBody:
    """A Rune's bytes where its file lies: `view`; `close` when nothing reads them any more."""

    digest = None  # a file is what was committed, or not there

    def __init__(self, mapping: object) -> None:
        self._mapping = mapping
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

    def free_bytes(self) -> int:
        """Return the largest Rune that there is space for, in place of an upload cut off."""
        return max(0, self.total_bytes - self._used_bytes() + small_files.size_of(self._part))

    def open(self, path: str) -> FileBody:
        """Return the body of the Rune of that file. Raises RuneError."""
        try:
            return FileBody(self._map_file(path))
        except OSError as error:
            raise small_files.failed(error)

    def gather(self) -> int:
        """Return how many Runes were moved: none, for what is free here is in one piece."""
        return 0

    # ---- The upload

    def reserve(self, size: int) -> int:
        """Return the place for an upload: files need none. Raises RuneError."""
        self._check_space(size, 0)
        return 0

    def create(self, place: int, size: int) -> None:
        """Begin an upload. Raises OSError."""
        self._file = open(self._part, "wb")
        self.received = 0

    def resume(self, place: int, size: int) -> bool:
        """Go on with an upload if any of it is there. Raises OSError, RuneError."""
        kept = small_files.size_of(self._part)
        if not 0 < kept <= size:
            return False
        self._check_space(size, kept)
        self._file = open(self._part, "ab")
        self.received = kept
        return True

    def append(self, data: "bytes | memoryview") -> None:
        """Add the upload's next bytes. Raises RuneError; `received` says where to go on."""
        try:
            self._file.write(data)
        except OSError as error:
            # Some of them may have been written: what follows goes on behind those.
            self.received = small_files.size_of(self._part)
            if error.errno == small_files.ENOSPC:
                free = self.total_bytes - self._used_bytes()
                raise RuneError(FLASH_FULL, max(0, free), len(data))
            raise small_files.failed(error)
        self.received += len(data)

    def finish(self) -> FileBody:
        """Return the body that has been received. Raises RuneError."""
        try:
            self._file.flush()
        except OSError as error:
            raise small_files.failed(error)
        self.pause()
        return self.open(self._part)

    def keep(self, path: str, digest: bytes) -> None:
        """Make what was received the Rune of that file, in one step. Raises RuneError."""
        try:
            os.rename(self._part, path)
        except OSError as error:
            raise small_files.failed(error)

    def pause(self) -> None:
        """Stop writing; what has been received stays."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def drop(self) -> None:
        """Delete what was received. Raises RuneError."""
        self.pause()
        small_files.remove(self._part)
        self.received = 0

    # ---- Inside

    def _check_space(self, size: int, kept: int) -> None:
        free = self.free_bytes()
        if size > free:
            raise RuneError(FLASH_FULL, max(0, free - kept), size - kept)

    def _used_bytes(self) -> int:
        names = [entry[0] for entry in os.ilistdir(self._root)]
        return sum([small_files.size_of(self._root + "/" + name) for name in names])
