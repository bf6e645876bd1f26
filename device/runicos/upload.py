"""The upload under way: what it is to be, and how it becomes a Rune. In memory while it lasts.

`upload.want` is there only while the bodies' bytes belong to it. The upload becomes the Rune when
the Rune's pointer is replaced, in one step; before it the old version is whole, after it the new.
"""

from runicos import small_files
from runicos.contract import cbor
from runicos.contract.errors import HASH_MISMATCH, NOT_WASM, RuneError
from runicos.pending import WANT, Pending, pending
from runicos.shared import digest_of, gone, own_bytes


class Upload:
    """The store's one upload; a version that comes of it owes `trial_calls` good calls."""

    def __init__(self, store: object, trial_calls: int) -> None:
        self._trial_calls = trial_calls
        self._store = store
        self._bodies = store.bodies
        self._name = ""
        self._size = 0
        self._sha256 = b""
        # What of the file lies on flash already, see shared.py.
        self.shared: "list[list[object]]" = []
        # How often a version that waits is to be called once it is granted; None: as it says.
        self.period_ms: "int | None" = None

    @property
    def received(self) -> int:
        """Return how many bytes of the file are there; what is shared is, when it is reached."""
        return self._reached()[0]

    def begin(
        self, name: str, size: int, digest: bytes, models: "list[list[object]]", find: object
    ) -> int:
        """Open the upload of a Rune; return how many of its bytes are there already.

        `find()` says which of its models, (offset, length, SHA-256), it shares. An upload goes on
        that shares none but those. Raises RuneError.
        """
        from runicos.versions import kept

        self.close()
        wanted = pending(self._store)
        file = [name, size, digest]
        try:
            offered = [model[:2] for model in models]
            others = [entry for entry in wanted.shared if entry[:2] not in offered]
            if (
                wanted.file != file
                or others
                or not self._bodies.resume(
                    wanted.place, own_bytes(size, wanted.shared), kept(self._store, True)
                )
            ):
                wanted = self._begin_anew(file, find())
        except OSError as error:
            raise small_files.failed(error)
        self._name, self._size, self._sha256 = name, size, digest
        self.shared = wanted.shared
        self._fill()
        return self.received

    def append(self, at: int, data: "bytes | memoryview") -> None:
        """Add bytes from an offset of the file on, which is no higher than `received`.

        What is there is passed over. Raises RuneError; `received` says where to go on even then.
        """
        view = memoryview(data)
        while True:
            view = view[self.received - at :]
            at = self.received
            if not view:
                return
            self._bodies.append(view[: self._own_end(at) - at])
            self._fill()

    def seal(self) -> "tuple[object, bytes]":
        """Return the finished upload's body and its hash; damaged ones are deleted."""
        if self._size == 0:
            self.discard()
            raise RuneError(NOT_WASM, 0)
        place = self._bodies.finish()
        body = self._bodies.open(place, self._size, self.shared, None)
        digest = digest_of(body.parts)
        if digest != self._sha256:
            body.close()
            self.discard()
            raise RuneError(HASH_MISMATCH, _hex(digest), _hex(self._sha256))
        return body, digest

    def commit(self, release: str, waits: bool = False) -> None:
        """Make the sealed upload the Rune of its name, in one step, on trial, or let it wait."""
        if waits:
            from runicos.waiting import wait as become
        else:
            from runicos.versions import replace as become

        place = self._bodies.keep(self._sha256, self.shared)
        decided = {"period_ms": self.period_ms} if waits else None
        version = [place, self._sha256, self._size, release, decided, self.shared]
        become(self._store, self._name, version, self._trial_calls)
        self.discard()

    def close(self) -> None:
        """Stop writing; the part stays for a later resume."""
        self._bodies.pause()

    def discard(self) -> None:
        """Forget the upload and delete its bytes."""
        from runicos.versions import sweep

        discard(self._store)
        # A body that was to be a version, or was one until now.
        sweep(self._store)

    def _begin_anew(self, file: "list[object]", shared: "list[list[object]]") -> Pending:
        from runicos.room import reserve

        name, size, _ = file
        place = reserve(self._store, name, size, shared)
        # What is there must belong to nobody before it is overwritten.
        small_files.remove(self._store.root + WANT)
        self._bodies.create(place, own_bytes(size, shared))
        want = file + [place, shared]
        small_files.replace(self._store.root + WANT, cbor.dumps(want))
        # An earlier upload may have kept what no version has anything in.
        self._bodies.sweep(self._store)
        return Pending(want)

    def _reached(self) -> "tuple[int, int]":
        """Return the next byte of the file that is wanted, and how many are filled in before."""
        at = self._bodies.received
        for entry in self.shared:
            if at < entry[0]:
                break
            # The own bytes behind it lie as far from a multiple of 16 as they do in the file.
            filling = entry[0] + entry[1] - gone(entry[1]) - at
            if filling > 0:
                return entry[0], filling
            at += gone(entry[1])
        return at, 0

    def _fill(self) -> None:
        """Fill the gap that is there where something shared is passed over. Raises RuneError."""
        filling = self._reached()[1]
        while filling:
            self._bodies.append(bytes(filling))
            filling = self._reached()[1]

    def _own_end(self, at: int) -> int:
        """Return where the file's own bytes that begin at an offset end."""
        for entry in self.shared:
            if at <= entry[0]:
                return entry[0]
        return self._size


def discard(store: object) -> None:
    """Forget the upload and delete its bytes. Raises RuneError."""
    small_files.remove(store.root + WANT)
    store.bodies.drop()


def _hex(digest: bytes) -> str:
    return "".join(["%02x" % byte for byte in digest])
