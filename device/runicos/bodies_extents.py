"""Bodies as extents of a partition: whole erase blocks, each Rune in one piece, used in place.

`<name>.rune` is a record, CBOR [offset, size, sha256]; it is replaced by one rename, which is what
makes an upload the Rune. What no record names and nothing runs from is free, so a power cut leaves
nothing to clean up. `upload.part` holds how many blocks of the upload are written, as a number.

A block is erased when its first byte arrives, and once for each time that an upload reaches it: a
cell is never programmed twice. After a power cut the upload goes on at the block it had come to.
"""

import os

from runicos import small_files
from runicos.contract import cbor
from runicos.contract.errors import FLASH_FULL, STORE_FAILED, RuneError

_RECORD = ".rune"
# Flash is programmed in pages of this size or of the partition's write size, if that is larger.
_PAGE_BYTES = 256
_NOWHERE = -1


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
        self._view = memoryview(partition.view)
        self._block_bytes = partition.block_bytes
        self._progress = root + "/upload.part"
        self._held: "dict[tuple[int, int], int]" = {}
        self._place = _NOWHERE
        self._size = 0
        self._page = bytearray(_PAGE_BYTES)
        self._fill_bytes = 0
        self.total_bytes = len(self._view) // self._block_bytes * self._block_bytes
        self.received = 0

    def free_bytes(self) -> int:
        """Return the largest Rune that there is space for, in place of an upload cut off."""
        return self._largest_hole(self._used())

    def open(self, path: str) -> ExtentBody:
        """Return the body of the Rune of that record. Raises RuneError."""
        record = self._record(path)
        if record is None:
            raise RuneError(STORE_FAILED, "%s is damaged" % path)
        offset, size, digest = record
        return self._body(offset, size, digest)

    # ---- The upload

    def reserve(self, size: int) -> int:
        """Return the offset of the first hole that is large enough. Raises RuneError."""
        used = self._used()
        places = self._places(used, self._extent(0, size)[1])
        if places:
            return places[0]
        raise RuneError(FLASH_FULL, self._largest_hole(used), size)

    def create(self, place: int, size: int) -> None:
        """Begin an upload at a reserved place. Raises RuneError."""
        small_files.remove(self._progress)
        self._go_on(place, size, 0)

    def resume(self, place: int, size: int) -> bool:
        """Go on with an upload unless its place was given away meanwhile."""
        if not self._is_free(place, size):
            return False
        if (self._place, self._size) != (place, size):
            received = self._marked_blocks() * self._block_bytes
            if received > size:
                return False
            self._go_on(place, size, received)
        return True

    def append(self, data: "bytes | memoryview") -> None:
        """Add the upload's next bytes. Raises RuneError; `received` says where to go on."""
        view = memoryview(data)
        while view:
            if self.received % self._block_bytes == 0:
                self._begin_block()
            at = self.received % len(self._page)
            count = min(len(self._page) - at, len(view))
            self._page[at : at + count] = view[:count]
            self.received += count
            self._fill_bytes = at + count
            if self._fill_bytes == len(self._page):
                self._program_page()
            if self.received % self._block_bytes == 0:
                self._mark(self.received // self._block_bytes)
            view = view[count:]

    def finish(self) -> ExtentBody:
        """Return the body that has been received. Raises RuneError."""
        if self._fill_bytes:
            for at in range(self._fill_bytes, len(self._page)):
                self._page[at] = 0xFF
            self._program_page()
        try:
            self._partition.complete()
        except OSError as error:
            raise small_files.failed(error)
        return self._body(self._place, self._size, None)

    def keep(self, path: str, digest: bytes) -> None:
        """Make what was received the Rune of that record, in one step. Raises RuneError."""
        small_files.replace(path, cbor.dumps([self._place, self._size, digest]))
        self._place = _NOWHERE

    def pause(self) -> None:
        """Stop writing; what has been received stays."""

    def drop(self) -> None:
        """Forget the upload: its place is free. Raises RuneError."""
        self._place = _NOWHERE
        self.received = 0
        small_files.remove(self._progress)

    def gather(self) -> int:
        """Move Runes while that makes the largest hole larger; return how many were moved.

        What is read stays where it is; no upload may be under way. A move is an upload from here
        to there, into a hole that holds the Rune whole, so a power cut costs nothing. Raises
        RuneError.
        """
        moved = 0
        move = self._best_move()
        while move is not None:
            self._move(move[0], move[1], move[2])
            moved += 1
            move = self._best_move()
        return moved

    # ---- Places

    def _best_move(self) -> "tuple[str, list[object], int] | None":
        """Return (path, record, new offset) of the move that gives the largest hole, if any."""
        used = self._used()
        best, largest = None, self._largest_hole(used)
        for path in self._record_paths():
            record = self._record(path)
            if record is None:
                continue
            extent = self._extent(record[0], record[1])
            if extent in self._held:
                continue
            length = extent[1] - extent[0]
            others = [other for other in used if other != extent]
            for place in self._places(used, length):
                hole = self._largest_hole(others + [(place, place + length)])
                if hole > largest:
                    best, largest = (path, record, place), hole
        return best

    def _move(self, path: str, record: "list[object]", place: int) -> None:
        offset, size, digest = record
        self.create(place, size)
        self.append(self._view[offset : offset + size])
        self.finish().close()
        self.keep(path, digest)
        self.drop()

    def _places(self, used: "list[tuple[int, int]]", length: int) -> "list[int]":
        """Return the offsets at both ends of each hole that is large enough, first fit first."""
        places = []
        for start, end in self._holes(used):
            if end - start >= length:
                places += [start, end - length]
        return places

    def _largest_hole(self, used: "list[tuple[int, int]]") -> int:
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

    def _used(self) -> "list[tuple[int, int]]":
        """Return (start, end), in whole blocks, of all that is recorded or runs."""
        used = list(self._held)
        for path in self._record_paths():
            record = self._record(path)
            if record is not None:
                used.append(self._extent(record[0], record[1]))
        return used

    def _record_paths(self) -> "list[str]":
        names = [entry[0] for entry in os.ilistdir(self._root)]
        return [self._root + "/" + name for name in names if name.endswith(_RECORD)]

    def _extent(self, offset: int, size: int) -> "tuple[int, int]":
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
        start, end = self._extent(offset, size)
        return all([used[1] <= start or end <= used[0] for used in self._used()])

    def _record(self, path: str) -> "list[object] | None":
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
        extent = self._extent(offset, size)
        self._held[extent] = self._held.get(extent, 0) + 1
        view = self._view[offset : offset + size]
        return ExtentBody(view, digest, lambda: self._release(extent))

    def _release(self, extent: "tuple[int, int]") -> None:
        self._held[extent] -= 1
        if not self._held[extent]:
            del self._held[extent]

    # ---- Writing

    def _go_on(self, place: int, size: int, received: int) -> None:
        self._place = place
        self._size = size
        self._fill_bytes = 0
        self.received = received

    def _begin_block(self) -> None:
        try:
            write_bytes = self._partition.erase(self._place + self.received)
        except OSError as error:
            raise small_files.failed(error)
        if write_bytes > len(self._page):
            self._page = bytearray(write_bytes)

    def _program_page(self) -> None:
        received = self.received
        at = (received - 1) // len(self._page) * len(self._page)
        # If this fails, what the page holds is unknown: its block is erased and written again.
        self.received = at // self._block_bytes * self._block_bytes
        self._fill_bytes = 0
        try:
            self._partition.program(self._place + at, self._page)
        except OSError as error:
            raise small_files.failed(error)
        self.received = received

    def _marked_blocks(self) -> int:
        try:
            return max(0, int(small_files.read(self._progress) or b"0"))
        except ValueError:
            return 0

    def _mark(self, blocks: int) -> None:
        """Keep over a power cut how many blocks are written."""
        try:
            with open(self._progress, "wb") as file:
                file.write(b"%d" % blocks)
        except OSError:
            # A full file system costs an upload its resume after a power cut, nothing else: the
            # number that stands there is too low, or none.
            return
