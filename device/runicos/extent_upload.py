"""An upload into an extent of a partition, under way.

A block is erased when its first byte arrives, and once for each time that an upload reaches it: a
cell is never programmed twice. After a power cut the upload goes on at the block it had come to.
"""

from micropython import const
from rune import feed

from runicos.small_files import failed

# Flash is programmed in pages of this size or of the partition's write size, if that is larger.
_PAGE_BYTES = const(256)


class ExtentUpload:
    """Writes `size` bytes at `place`; `received` are there. `progress` is where that is kept.

    What the partition takes is counted in `bodies`.
    """

    def __init__(
        self,
        bodies: object,
        partition: object,
        progress: str,
        place: int,
        size: int,
        received: int,
    ) -> None:
        self._bodies = bodies
        self._partition = partition
        self._block_bytes = partition.block_bytes
        self._progress = progress
        self._page = bytearray(_PAGE_BYTES)
        self._fill_bytes = 0
        self.place = place
        self.size = size
        self.received = received

    def is_at(self, place: int, size: int) -> bool:
        """Say whether this is the upload of so many bytes to that place."""
        return (self.place, self.size) == (place, size)

    def append(self, data: "bytes | memoryview") -> None:
        """Add the next bytes. Raises RuneError; `received` says where to go on."""
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

    def finish(self) -> None:
        """Write what has not been written yet. Raises RuneError."""
        if self._fill_bytes:
            for at in range(self._fill_bytes, len(self._page)):
                self._page[at] = 0xFF
            self._program_page()
        try:
            self._partition.complete()
        except OSError as error:
            raise failed(error)

    def _begin_block(self) -> None:
        # However much is written in a row, each block is a step that ends.
        feed()
        try:
            write_bytes = self._partition.erase(self.place + self.received)
        except OSError as error:
            raise failed(error)
        self._bodies.erased_bytes += self._block_bytes
        if write_bytes > len(self._page):
            self._page = bytearray(write_bytes)

    def _program_page(self) -> None:
        received = self.received
        at = (received - 1) // len(self._page) * len(self._page)
        # If this fails, what the page holds is unknown: its block is erased and written again.
        self.received = at // self._block_bytes * self._block_bytes
        self._fill_bytes = 0
        try:
            self._partition.program(self.place + at, self._page)
        except OSError as error:
            raise failed(error)
        self._bodies.written_bytes += len(self._page)
        self.received = received

    def _mark(self, blocks: int) -> None:
        """Keep over a power cut how many blocks are written."""
        try:
            with open(self._progress, "wb") as file:
                file.write(b"%d" % blocks)
        except OSError:
            # A full file system costs an upload its resume after a power cut, nothing else: the
            # number that stands there is too low, or none.
            return
