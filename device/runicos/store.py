"""The store: Runes on flash, each whole or not there at all.

    <name>.rune     a Rune, or where it lies: the bodies' affair
    <name>.state    what its owner decided: CBOR {started, period_ms, grant}; `starting` is there
                    while its start or its first call is under way
    upload.part     the bytes, so far, of the one upload under way, or how far they have come
    upload.want     CBOR [name, size, sha256, place]: what those bytes are to be, and where

`bodies` keeps the Runes' bytes: FileBodies or ExtentBodies, whatever the board has. A kill between
any two steps leaves either the old Rune or the new one: `upload.want` is there only while
`upload.part` belongs to it, and the upload becomes the Rune by one rename.
"""

import os
from hashlib import sha256

from runicos import small_files
from runicos.contract import cbor
from runicos.contract.errors import HASH_MISMATCH, NOT_WASM, RuneError

_RUNE = ".rune"
_STATE = ".state"


class Store:
    """Runes below a folder of the flash, their bytes in `bodies`."""

    def __init__(self, root: str, bodies: object) -> None:
        self._root = root
        self._bodies = bodies
        self._want = root + "/upload.want"
        self._name = ""
        self._size = 0
        self._sha256 = b""
        small_files.make_folder(root)
        self._clean()

    # ---- Runes

    def names(self) -> "list[str]":
        """Return the names of the Runes on flash, sorted."""
        files = [entry[0] for entry in os.ilistdir(self._root)]
        return sorted([name[: -len(_RUNE)] for name in files if name.endswith(_RUNE)])

    def open(self, name: str) -> object:
        """Return a Rune's body: `view`, its bytes in place, and `close()`. Raises RuneError."""
        return self._bodies.open(self._path(name, _RUNE))

    def remove(self, name: str) -> None:
        """Delete a Rune and what its owner decided."""
        small_files.remove(self._path(name, _RUNE))
        small_files.remove(self._path(name, _STATE))

    @property
    def total_bytes(self) -> int:
        """Return how much flash there is for Runes."""
        return self._bodies.total_bytes

    def free_bytes(self) -> int:
        """Return the size of the largest Rune that there is space for."""
        return self._bodies.free_bytes()

    def gather(self) -> int:
        """Bring what is free together, while nothing runs; return how many Runes were moved.

        An upload that can go on keeps its place, and all others theirs. Raises RuneError.
        """
        return self._bodies.gather() if self._pending()[0] is None else 0

    def decision(self, name: str) -> "dict[str, object]":
        """Return what the owner decided about a Rune; empty when nothing is known."""
        try:
            decided = cbor.loads(small_files.read(self._path(name, _STATE), -1) or b"")
        except ValueError:
            return {}
        return decided if isinstance(decided, dict) else {}

    def decide(self, name: str, decided: "dict[str, object]") -> None:
        """Keep what the owner decided about a Rune over a power cut."""
        small_files.replace(self._path(name, _STATE), cbor.dumps(decided))

    # ---- The upload

    @property
    def received(self) -> int:
        """Return how many bytes of the upload are there."""
        return self._bodies.received

    def begin(self, name: str, size: int, digest: bytes) -> int:
        """Open the upload of a Rune; return how many of its bytes are there already."""
        self.close()
        wanted, place = self._pending()
        try:
            if wanted != [name, size, digest] or not self._bodies.resume(place, size):
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

    def commit(self) -> None:
        """Make the sealed upload the Rune of its name, in one step."""
        self._bodies.keep(self._path(self._name, _RUNE), self._sha256)
        self.discard()

    def close(self) -> None:
        """Stop writing; the part stays for a later resume."""
        self._bodies.pause()

    def discard(self) -> None:
        """Forget the upload and delete its bytes."""
        small_files.remove(self._want)
        self._bodies.drop()

    # ---- Inside

    def _path(self, name: str, suffix: str) -> str:
        return self._root + "/" + name + suffix

    def _pending(self) -> "tuple[list[object] | None, object]":
        """Return ([name, size, sha256], place) of the upload that can go on."""
        try:
            want = cbor.loads(small_files.read(self._want) or b"")
        except ValueError:
            return None, 0
        if isinstance(want, list) and len(want) == 4:
            return want[:3], want[3]
        return None, 0

    def _begin_anew(self, want: "list[object]") -> None:
        place = self._bodies.reserve(want[1])
        # What is there must belong to nobody before it is overwritten.
        small_files.remove(self._want)
        self._bodies.create(place, want[1])
        small_files.replace(self._want, cbor.dumps(want + [place]))

    def _clean(self) -> None:
        """Delete what a kill left behind, but for an upload that can be resumed."""
        for entry in os.ilistdir(self._root):
            if entry[0].endswith(".new"):
                small_files.remove(self._root + "/" + entry[0])
        if self._pending()[0] is None:
            self.discard()


def _hex(digest: bytes) -> str:
    return "".join(["%02x" % byte for byte in digest])
