"""Bodies as files: `<hash>.body`, mapped; an upload grows in `upload.part`, renamed at its end.

At most one part is kept, so garbage is bounded by the largest upload. A file is named for what is
in it, so two Runes of the same bytes share one. It stays as long as any version has something in
it.
"""

import os
from hashlib import sha256

from micropython import const

from runicos import small_files
from runicos.contract import cbor
from runicos.contract.errors import FLASH_FULL, RuneError

_SUFFIX = ".body"
# Of the SHA-256: so many that nobody finds another file of the same name.
_NAME_BYTES = const(16)


class FileBody:
    """A version's file in `parts`, in place; `close` when nothing reads them any more."""

    def __init__(
        self,
        mappings: "tuple[object, ...]",
        parts: "tuple[memoryview, ...]",
        digest: "bytes | None",
    ) -> None:
        self._mappings = mappings
        self.digest = digest
        self.parts = parts

    def close(self) -> None:
        """Let the files go."""
        for mapping in self._mappings:
            mapping.close()


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

    def largest(self, kept: "list[tuple[object, ...]]") -> int:
        """Return the largest body that there is space for when these stay (versions.kept)."""
        used = self.used_bytes(kept)
        for name in self._names():
            if not name.endswith(_SUFFIX) and name != "upload.part":
                used += small_files.size_of(self._root + "/" + name)
        return max(0, self.total_bytes - used)

    def used_bytes(self, kept: "list[tuple[object, ...]]") -> int:
        """Return how many bytes these (versions.kept) take."""
        return sum([small_files.size_of(self._root + "/" + name) for name in _places(kept)])

    def find(self, size: int, kept: "list[tuple[object, ...]]") -> "int | None":
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

    def is_piece(self, length: int, place: object, at: object) -> bool:
        """Say whether so many bytes of a body could lie there."""
        return self.is_place(place, length) and isinstance(at, int) and at >= 0

    def piece_at(self, place: str, offset: int) -> "list[object]":
        """Return [place, at] of what lies so far into a body."""
        return [place, offset]

    def open(
        self, place: str, size: int, shared: "list[list[object]]", digest: "bytes | None"
    ) -> FileBody:
        """Return the body in that file and, of what it shares, in others. Raises RuneError."""
        from runicos.shared import file_parts

        mappings: "list[object]" = []

        def mapped(name: str) -> memoryview:
            mappings.append(self._map_file(self._root + "/" + name))
            return memoryview(mappings[-1])

        def piece(entry: "list[object]") -> memoryview:
            return mapped(entry[2])[entry[3] : entry[3] + entry[1]]

        try:
            parts = file_parts(mapped(place), size, shared, piece)
            return FileBody(tuple(mappings), parts, digest)
        except (OSError, MemoryError) as error:
            FileBody(tuple(mappings), (), None).close()
            if isinstance(error, MemoryError):
                raise
            raise small_files.failed(error)

    def sweep(self, store: object) -> None:
        """Remove the bodies that no version has anything in, nor an upload. Raises RuneError."""
        from runicos.pending import pending
        from runicos.versions import kept

        places = _places(kept(store, True) + [(None, 0, pending(store).shared)])
        for name in self._names():
            if name.endswith(_SUFFIX) and name not in places:
                small_files.remove(self._root + "/" + name)

    # ---- The upload

    def create(self, place: int, size: int) -> None:
        """Begin an upload. Raises OSError."""
        self._file = open(self._part, "wb")
        self.received = 0

    def resume(self, place: int, size: int, kept: "list[tuple[object, ...]]") -> bool:
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

    def finish(self) -> str:
        """Return where the body that has been received can be read. Raises RuneError."""
        try:
            self._file.flush()
        except OSError as error:
            raise small_files.failed(error)
        self.pause()
        return "upload.part"

    def keep(self, digest: bytes, shared: "list[list[object]]") -> str:
        """Return the place of what was received: a pointer may name it now. Raises RuneError."""
        place = _name(digest, shared)
        if not small_files.size_of(self._part) and small_files.size_of(self._root + "/" + place):
            # Asked once more: memory ran out after this.
            return place
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

    def rescue(
        self,
        digest: bytes,
        shared: "list[list[object]]",
        kept: "list[tuple[object, ...]]",
    ) -> None:
        """Make what was renamed, but is named by no pointer, the upload again."""
        place = _name(digest, shared)
        if place not in _places(kept) and small_files.size_of(self._root + "/" + place):
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


def _places(kept: "list[tuple[object, ...]]") -> "set[object]":
    """Return the names of the files that these (place, size, shared) have something in."""
    places = {place for place, _, _ in kept if place is not None}
    return places | {entry[2] for _, _, shared in kept for entry in shared}


def _name(digest: bytes, shared: "list[list[object]]") -> str:
    """Return the name of a body: for the file's hash, and for what of the file it lacks."""
    if shared:
        digest = sha256(digest + cbor.dumps(shared)).digest()
    return "".join(["%02x" % byte for byte in digest[:_NAME_BYTES]]) + _SUFFIX
