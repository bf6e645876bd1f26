"""The store: Runes on flash, each version whole or not there at all.

    <name>.rune     a Rune's pointer: which bodies are its versions (pointer.py)
    <name>.state    what its owner decided: CBOR {started, period_ms, grant}; `starting` is there
                    while its start or its first calls are under way
    upload.part     the bytes, so far, of the one upload under way, or how far they have come
    upload.want     CBOR [name, size, sha256, place, shared]: what those bytes are to be, and where

`bodies` keeps the versions' bytes: FileBodies or ExtentBodies, whatever the board has. A kill
between any two steps leaves either the old version or the new one. What is seldom done is in
modules that are loaded for it: upload.py, versions.py, room.py, recovery.py.
"""

from runicos import small_files
from runicos.contract import cbor
from runicos.contract.errors import STORE_FAILED, RuneError

_STATE = ".state"


class Store:
    """Runes below a folder of the flash, their bytes in `bodies`."""

    def __init__(self, root: str, bodies: object) -> None:
        from runicos.recovery import recover

        self.root = root
        self.bodies = bodies
        recover(self)

    def open(self, name: str) -> object:
        """Return a Rune's body: `parts`, its file in place, and `close()`. Raises RuneError."""
        from runicos.pointer import open_body, read

        pointer = read(self, name)
        if pointer is None:
            raise RuneError(STORE_FAILED, "the record of %s is damaged" % name)
        return open_body(self, pointer.current)

    def remove(self, name: str) -> None:
        """Delete a Rune, all its versions, and what its owner decided."""
        from runicos.pointer import remove
        from runicos.versions import sweep

        remove(self, name)
        small_files.remove(self.path(name, _STATE))
        sweep(self)

    def free_bytes(self) -> int:
        """Return the size of the largest Rune that there is space for."""
        from runicos.room import free_bytes

        return free_bytes(self)

    def decision(self, name: str) -> "dict[str, object]":
        """Return what the owner decided about a Rune; empty when nothing is known."""
        try:
            decided = cbor.loads(small_files.read(self.path(name, _STATE), -1) or b"")
        except ValueError:
            return {}
        return decided if isinstance(decided, dict) else {}

    def decide(self, name: str, decided: "dict[str, object]") -> None:
        """Keep what the owner decided about a Rune over a power cut."""
        small_files.replace(self.path(name, _STATE), cbor.dumps(decided))

    def path(self, name: str, suffix: str) -> str:
        """Return where a file of a Rune is."""
        return self.root + "/" + name + suffix
