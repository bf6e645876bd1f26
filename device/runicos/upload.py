"""The upload under way: what it is to be, and how it becomes a Rune. In memory while it lasts.

`upload.want` is there only while the bodies' bytes belong to it. The upload becomes the Rune when
the Rune's pointer is replaced, in one step; before it the old version is whole, after it the new.
"""

from hashlib import sha256

from runicos import small_files
from runicos.contract import cbor
from runicos.contract.errors import HASH_MISMATCH, NOT_WASM, RuneError

_WANT = "/upload.want"


class Upload:
    """The store's one upload; a version that comes of it owes `trial_calls` good calls."""

    def __init__(self, store: object, trial_calls: int) -> None:
        self._trial_calls = trial_calls
        self._store = store
        self._bodies = store.bodies
        self._name = ""
        self._size = 0
        self._sha256 = b""
        # How often a version that waits is to be called once it is granted; None: as it says.
        self.period_ms: "int | None" = None

    @property
    def received(self) -> int:
        """Return how many bytes of the upload are there."""
        return self._bodies.received

    def begin(self, name: str, size: int, digest: bytes) -> int:
        """Open the upload of a Rune; return how many of its bytes are there already."""
        from runicos.versions import kept

        self.close()
        wanted, place = pending(self._store)
        try:
            if wanted != [name, size, digest] or not self._bodies.resume(
                place, size, kept(self._store, True)
            ):
                self._begin_anew([name, size, digest])
        except OSError as error:
            raise small_files.failed(error)
        self._name, self._size, self._sha256 = name, size, digest
        return self.received

    def append(self, data: "bytes | memoryview") -> None:
        """Add the upload's next bytes; `received` says where to go on even if it raises."""
        self._bodies.append(data)

    def seal(self) -> "tuple[object, bytes]":
        """Return the finished upload's body and its hash; damaged ones are deleted."""
        if self._size == 0:
            self.discard()
            raise RuneError(NOT_WASM, 0)
        body = self._bodies.finish()
        digest = sha256(body.view).digest()
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

        place = self._bodies.keep(self._sha256)
        decided = {"period_ms": self.period_ms} if waits else None
        version = [place, self._sha256, self._size, release, decided]
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

    def _begin_anew(self, want: "list[object]") -> None:
        from runicos.room import reserve

        place = reserve(self._store, want[0], want[1])
        # What is there must belong to nobody before it is overwritten.
        small_files.remove(self._store.root + _WANT)
        self._bodies.create(place, want[1])
        small_files.replace(self._store.root + _WANT, cbor.dumps(want + [place]))


def pending(store: object) -> "tuple[list[object] | None, object]":
    """Return ([name, size, sha256], place) of the upload that can go on."""
    try:
        want = cbor.loads(small_files.read(store.root + _WANT) or b"")
    except ValueError:
        return None, 0
    if isinstance(want, list) and len(want) == 4:
        return want[:3], want[3]
    return None, 0


def discard(store: object) -> None:
    """Forget the upload and delete its bytes. Raises RuneError."""
    small_files.remove(store.root + _WANT)
    store.bodies.drop()


def _hex(digest: bytes) -> str:
    return "".join(["%02x" % byte for byte in digest])
