"""Bodies as extents of a partition: whole erase blocks, each version in one piece, used in place.

What no pointer names and nothing runs from is free, so a power cut leaves nothing to clean up.
`upload.part` holds how many blocks of the upload are written, as a number.

What writes (extent_upload.py), finds places (extent_places.py) and moves versions
(extent_gathering.py) is in memory only then.
"""

from runicos import small_files


class ExtentBody:
    """A Rune's file in `parts`, in place; their places are not used anew before `close`."""

    def __init__(
        self,
        parts: "tuple[memoryview, ...]",
        digest: "bytes | None",
        bodies: object,
        extents: "tuple[tuple[int, int], ...]",
    ) -> None:
        self.parts = parts
        self.digest = digest
        self._bodies = bodies
        self._extents = extents
        bodies.hold(extents, 1)

    def close(self) -> None:
        """Say that nothing reads the bytes any more."""
        self._bodies.hold(self._extents, -1)
        self._extents = ()


class ExtentBodies:
    """Bodies in a partition (partition.py says what one is); `root` is where small files are."""

    def __init__(self, root: str, partition: object) -> None:
        self._partition = partition
        self._block_bytes = partition.block_bytes
        self._progress = root + "/upload.part"
        self._held: "dict[tuple[int, int], int]" = {}
        self._upload: object = None
        # Since the board was started; gathering counts too.
        self.written_bytes = 0
        self.erased_bytes = 0
        self.view = memoryview(partition.view)
        self.total_bytes = len(self.view) // self._block_bytes * self._block_bytes

    @property
    def received(self) -> int:
        """Return how many bytes of the upload are there."""
        return 0 if self._upload is None else self._upload.received

    def largest(self, kept: "list[tuple[object, ...]]") -> int:
        """Return the largest body that there is space for when these stay (versions.kept)."""
        from runicos.extent_places import largest_hole

        return largest_hole(self.used(kept), self.total_bytes)

    def used_bytes(self, kept: "list[tuple[object, ...]]") -> int:
        """Return how many bytes these (versions.kept) take, and all that runs."""
        from runicos.extent_places import free_bytes

        return self.total_bytes - free_bytes(self.used(kept), self.total_bytes)

    def find(self, size: int, kept: "list[tuple[object, ...]]") -> "int | None":
        """Return the offset of the first hole that is large enough, if any."""
        from runicos.extent_places import places

        found = places(self.used(kept), self.extent(0, size)[1], self.total_bytes)
        return found[0] if found else None

    def gather(self, store: object) -> int:
        """Bring what is free together; return how many versions were moved. Raises RuneError."""
        from runicos.extent_gathering import gather

        return gather(store)

    def open(
        self, place: int, size: int, shared: "list[list[object]]", digest: "bytes | None"
    ) -> ExtentBody:
        """Return the body that lies there, which its pointer says to have that hash."""
        from runicos.shared import file_parts, own_bytes

        own = self.view[place : place + own_bytes(size, shared)]
        parts = file_parts(own, size, shared, self._piece)
        return ExtentBody(parts, digest, self, tuple(self.extents(place, size, shared)))

    def _piece(self, entry: "list[object]") -> memoryview:
        return self.view[entry[2] : entry[2] + entry[1]]

    def sweep(self, store: object) -> None:
        """Nothing is to be done: what no pointer names is free."""

    # ---- The upload

    def create(self, place: int, size: int) -> None:
        """Begin an upload at a free place. Raises RuneError."""
        small_files.remove(self._progress)
        self._go_on(place, size, 0)

    def resume(self, place: int, size: int, kept: "list[tuple[object, ...]]") -> bool:
        """Go on with an upload unless its place was given away meanwhile."""
        if not self.is_place(place, size):
            return False
        start, end = self.extent(place, size)
        if any([start < used[1] and used[0] < end for used in self.used(kept)]):
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

    def finish(self) -> int:
        """Return where the body that has been received can be read. Raises RuneError."""
        self._upload.finish()
        return self._upload.place

    def keep(self, digest: bytes, shared: "list[list[object]]") -> int:
        """Return the place of what was received: a pointer may name it now."""
        return self._upload.place

    def pause(self) -> None:
        """Stop writing; what has been received stays."""

    def rescue(
        self,
        digest: bytes,
        shared: "list[list[object]]",
        kept: "list[tuple[object, ...]]",
    ) -> None:
        """Nothing is to be done: an upload stays where it is until its pointer names it."""

    def drop(self) -> None:
        """Forget the upload: its place is free. Raises RuneError."""
        self._upload = None
        small_files.remove(self._progress)

    def _go_on(self, place: int, size: int, received: int) -> None:
        from runicos.extent_upload import ExtentUpload

        self._upload = ExtentUpload(self, self._partition, self._progress, place, size, received)

    def _marked_blocks(self) -> int:
        try:
            return max(0, int(small_files.read(self._progress) or b"0"))
        except ValueError:
            return 0

    # ---- Places

    def used(self, kept: "list[tuple[object, ...]]") -> "list[tuple[int, int]]":
        """Return (start, end), in whole blocks, of what is kept and of all that runs."""
        return list(self._held) + [extent for claim in kept for extent in self.extents(*claim)]

    def extents(
        self, place: object, size: int, shared: "list[list[object]]"
    ) -> "list[tuple[int, int]]":
        """Return (start, end), in whole blocks, of a body and of what it shares."""
        from runicos.shared import own_bytes

        own = [] if place is None else [self.extent(place, own_bytes(size, shared))]
        return own + [self.extent(entry[2], entry[1]) for entry in shared]

    def is_held(self, extent: "tuple[int, int]") -> bool:
        """Say whether anything reads what lies there."""
        return any([extent[0] < end and start < extent[1] for start, end in self._held])

    def extent(self, offset: int, size: int) -> "tuple[int, int]":
        """Return (start, end), in whole blocks, of what lies there."""
        start = offset - offset % self._block_bytes
        return start, start + -(-(offset - start + size) // self._block_bytes) * self._block_bytes

    def hold(self, extents: "tuple[tuple[int, int], ...]", times: int) -> None:
        """Count who reads what lies there: one more, or one less."""
        for extent in extents:
            self._held[extent] = self._held.get(extent, 0) + times
            if not self._held[extent]:
                del self._held[extent]

    def is_piece(self, length: int, place: object, at: object) -> bool:
        """Say whether so many bytes of a body could lie there."""
        if not isinstance(place, int) or at != 0:
            return False
        return 0 <= place <= self.total_bytes - length

    def piece_at(self, place: int, offset: int) -> "list[object]":
        """Return [place, at] of what lies so far into a body."""
        return [place + offset, 0]

    def is_place(self, offset: object, size: object) -> bool:
        """Say whether an extent could lie there."""
        if not isinstance(offset, int) or not isinstance(size, int):
            return False
        return (
            offset % self._block_bytes == 0
            and 0 <= offset <= self.total_bytes
            and 0 <= size <= self.total_bytes - offset
        )
