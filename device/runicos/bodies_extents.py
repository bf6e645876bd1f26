"""Bodies as extents of a partition: whole erase blocks, each Rune in one piece, used in place.

`<name>.rune` is a record, CBOR [offset, size, sha256]; it is replaced by one rename, which is what
makes an upload the Rune. What no record names and nothing runs from is free, so a power cut leaves
nothing to clean up. `upload.part` holds how many blocks of the upload are written, as a number.

What writes (extent_upload.py) and what moves Runes (extent_gathering.py) is in memory only then.
"""

import os

from runicos import small_files
from runicos.contract import cbor
from runicos.contract.errors import FLASH_FULL, STORE_FAILED, RuneError

_RECORD = ".rune"


class ExtentBody:
    """A Rune's bytes where they lie: `view`; their place is not used anew before `close`."""

    def __init__(self, view: memoryview, digest: "bytes | None", release: object) -> None:
        self.view = view
        self.digest = digest
        self._release = release

    def close(self) -> None:
        """Say that nothing reads the bytes any more."""
        if self._release is not None:
            self._release()
            self._release = None


class ExtentBodies:
    """Bodies in a partition (partition.py says what one is), their records below `root`."""

    def __init__(self, root: str, partition: object) -> None:
        self._root = root
        self._partition = partition
        self._block_bytes = partition.block_bytes
        self._progress = root + "/upload.part"
        self._held: "dict[tuple[int, int], int]" = {}
        self._upload: object = None
        self.view = memoryview(partition.view)
        self.total_bytes = len(self.view) // self._block_bytes * self._block_bytes

    @property
    def received(self) -> int:
        """Return how many bytes of the upload are there."""
        return 0 if self._upload is None else self._upload.received

    def free_bytes(self) -> int:
        """Return the largest Rune that there is space for, in place of an upload cut off."""
        return self.largest_hole(self.used())

    def gather(self) -> int:
        """Move Runes while that makes the largest hole larger; return how many were moved.

        What is read stays where it is; no upload may be under way. Raises RuneError.
        """
        from runicos.extent_gathering import gather

        return gather(self)

    def open(self, path: str) -> ExtentBody:
        """Return the body of the Rune of that record. Raises RuneError."""
        record = self.record(path)
        if record is None:
            raise RuneError(STORE_FAILED, "%s is damaged" % path)
        offset, size, digest = record
        return self._body(offset, size, digest)

    # ---- The upload

    def reserve(self, size: int) -> int:
        """Return the offset of the first hole that is large enough. Raises RuneError."""
        used = self.used()
        places = self.places(used, size)
        if places:
            return places[0]
        raise RuneError(FLASH_FULL, self.largest_hole(used), size)

    def create(self, place: int, size: int) -> None:
        """Begin an upload at a reserved place. Raises RuneError."""
        small_files.remove(self._progress)
        self._go_on(place, size, 0)

    def resume(self, place: int, size: int) -> bool:
        """Go on with an upload unless its place was given away meanwhile."""
        if not self._is_free(place, size):
            return False
        if self._upload is None or not self._upload.is_at(place, size):
            received = self._marked_blocks() * self._block_bytes
            if received > size:
                return False
            self._go_on(place, size, received)
        return True

    def append(self, data: "bytes | memoryview") -> None:
        """Add the upload's next bytes. Raises RuneError; `received` says where to go on."""
        self._upload.append(data)

    def finish(self) -> ExtentBody:
        """Return the body that has been received. Raises RuneError."""
        self._upload.finish()
        return self._body(self._upload.place, self._upload.size, None)

    def keep(self, path: str, digest: bytes) -> None:
        """Make what was received the Rune of that record, in one step. Raises RuneError."""
        small_files.replace(path, cbor.dumps([self._upload.place, self._upload.size, digest]))
        self._upload = None

    def pause(self) -> None:
        """Stop writing; what has been received stays."""

    def drop(self) -> None:
        """Forget the upload: its place is free. Raises RuneError."""
        self._upload = None
        small_files.remove(self._progress)

    def _go_on(self, place: int, size: int, received: int) -> None:
        from runicos.extent_upload import ExtentUpload

        self._upload = ExtentUpload(self._partition, self._progress, place, size, received)

    def _marked_blocks(self) -> int:
        try:
            return max(0, int(small_files.read(self._progress) or b"0"))
        except ValueError:
            return 0

    # ---- Places

    def places(self, used: "list[tuple[int, int]]", size: int) -> "list[int]":
        """Return the offsets at both ends of each hole that is large enough, first fit first."""
        places = []
        length = self.extent(0, size)[1]
        for start, end in self._holes(used):
            if end - start >= length:
                places += [start, end - length]
        return places

    def largest_hole(self, used: "list[tuple[int, int]]") -> int:
        """Return the size of the largest hole between extents."""
        return max([end - start for start, end in self._holes(used)])

    def _holes(self, used: "list[tuple[int, int]]") -> "list[tuple[int, int]]":
        """Return (start, end) of each piece between extents, of no bytes where they touch."""
        holes = []
        start = 0
        for used_start, used_end in sorted(used):
            if used_start > start:
                holes.append((start, used_start))
            start = max(start, used_end)
        holes.append((start, self.total_bytes))
        return holes

    def used(self) -> "list[tuple[int, int]]":
        """Return (start, end), in whole blocks, of all that is recorded or runs."""
        used = list(self._held)
        for path in self.record_paths():
            record = self.record(path)
            if record is not None:
                used.append(self.extent(record[0], record[1]))
        return used

    def record_paths(self) -> "list[str]":
        """Return where the Runes' records are."""
        names = [entry[0] for entry in os.ilistdir(self._root)]
        return [self._root + "/" + name for name in names if name.endswith(_RECORD)]

    def is_held(self, extent: "tuple[int, int]") -> bool:
        """Say whether anything reads what lies there."""
        return extent in self._held

    def extent(self, offset: int, size: int) -> "tuple[int, int]":
        """Return (start, end), in whole blocks, of a body."""
        return offset, offset + -(-size // self._block_bytes) * self._block_bytes

    def _is_place(self, offset: object, size: object) -> bool:
        """Say whether an extent could lie there."""
        if not isinstance(offset, int) or not isinstance(size, int):
            return False
        return (
            offset % self._block_bytes == 0
            and 0 <= offset <= self.total_bytes
            and 0 <= size <= self.total_bytes - offset
        )

    def _is_free(self, offset: object, size: object) -> bool:
        if not self._is_place(offset, size):
            return False
        start, end = self.extent(offset, size)
        return all([used[1] <= start or end <= used[0] for used in self.used()])

    def record(self, path: str) -> "list[object] | None":
        """Return what a record says; None when it is damaged."""
        try:
            record = cbor.loads(small_files.read(path) or b"")
        except ValueError:
            return None
        if not isinstance(record, list) or len(record) != 3:
            return None
        is_right = self._is_place(record[0], record[1]) and isinstance(record[2], bytes)
        return record if is_right else None

    def _body(self, offset: int, size: int, digest: "bytes | None") -> ExtentBody:
        extent = self.extent(offset, size)
        self._held[extent] = self._held.get(extent, 0) + 1
        view = self.view[offset : offset + size]
        return ExtentBody(view, digest, lambda: self._release(extent))

    def _release(self, extent: "tuple[int, int]") -> None:
        self._held[extent] -= 1
        if not self._held[extent]:
            del self._held[extent]
