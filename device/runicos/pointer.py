"""A Rune's pointer, `<name>.rune`: which bodies on flash are its versions.

CBOR {sequence, current, previous, waiting, trial, reason}. A version is [place, sha256, size,
release, decision, shared]: where its body lies, what it is, what its owner had decided when
another took its place, or, of one that waits, the period that its cast asked for; and what of it
lies in other bodies (shared.py). The pointer is replaced by one rename: that is what makes an
upload the Rune, and an older version the Rune again. `sequence` counts the replacements.
"""

import os

from micropython import const

from runicos import small_files
from runicos.contract import cbor

_SUFFIX = ".rune"
_MOST_BYTES = const(2048)
_RELEASE_LETTERS = const(40)
# What a version's list holds, in order.
PLACE = 0
SHA256 = 1
SIZE = 2
RELEASE = 3
DECISION = 4
SHARED = 5


class Pointer:
    """What stands in a pointer.

    `trial` counts the good calls that `current` owes before it is confirmed, 0 once it is;
    `previous`, if any, was confirmed. `waiting`, if any, asks for more than its owner granted; a
    first version that waits is `current` as well. `reason` says why a version went back: None or
    [release, error code, arguments].
    """

    def __init__(self, current: "list[object]") -> None:
        self.sequence = 1
        self.current = current
        self.previous: "list[object] | None" = None
        self.waiting: "list[object] | None" = None
        self.trial = 0
        self.reason: "list[object] | None" = None

    def versions(self) -> "list[list[object]]":
        """Return the versions that there are, the current one first."""
        found = [self.current]
        if self.previous is not None:
            found.append(self.previous)
        if self.waiting is not None and not self.is_first_waiting():
            found.append(self.waiting)
        return found

    def is_first_waiting(self) -> bool:
        """Say whether the current version has never run, for it waits for its grant."""
        return self.waiting is not None and self.waiting[SHA256] == self.current[SHA256]


def names(store: object) -> "list[str]":
    """Return the names of the Runes on flash, sorted."""
    files = [entry[0] for entry in os.ilistdir(store.root)]
    return sorted([name[: -len(_SUFFIX)] for name in files if name.endswith(_SUFFIX)])


def read(store: object, name: str) -> "Pointer | None":
    """Return a Rune's pointer; None when there is none or it is damaged."""
    try:
        found = cbor.loads(small_files.read(store.path(name, _SUFFIX), _MOST_BYTES) or b"")
    except ValueError:
        return None
    if not isinstance(found, dict) or not _is_version(store, found.get("current")):
        return None
    pointer = Pointer(found["current"])
    pointer.previous, pointer.reason = found.get("previous"), found.get("reason")
    pointer.waiting = found.get("waiting")
    sequence, trial = found.get("sequence"), found.get("trial")
    if not isinstance(sequence, int) or not isinstance(trial, int) or trial < 0:
        return None
    pointer.sequence, pointer.trial = sequence, trial
    if not _is_right(store, pointer):
        return None
    if pointer.is_first_waiting():
        pointer.waiting = pointer.current
    return pointer


def read_all(store: object) -> "list[tuple[str, Pointer]]":
    """Return (name, pointer) of every Rune whose pointer is not damaged, by name."""
    found = []
    for name in names(store):
        pointer = read(store, name)
        if pointer is not None:
            found.append((name, pointer))
    return found


def write(store: object, name: str, pointer: Pointer) -> None:
    """Replace a Rune's pointer in one step. Raises RuneError."""
    for version in pointer.versions():
        # So that the file never grows beyond what is read of it.
        version[RELEASE] = version[RELEASE][:_RELEASE_LETTERS]
    fields = {
        "sequence": pointer.sequence,
        "current": pointer.current,
        "previous": pointer.previous,
        "waiting": pointer.waiting,
        "trial": pointer.trial,
        "reason": pointer.reason,
    }
    small_files.replace(store.path(name, _SUFFIX), cbor.dumps(fields))


def open_body(store: object, version: "list[object]") -> object:
    """Return a version's body: `parts`, its file in place, and `close()`. Raises RuneError."""
    return store.bodies.open(version[PLACE], version[SIZE], version[SHARED], version[SHA256])


def remove(store: object, name: str) -> None:
    """Remove a Rune's pointer. Raises RuneError."""
    small_files.remove(store.path(name, _SUFFIX))


def _is_right(store: object, pointer: Pointer) -> bool:
    reason = pointer.reason
    is_reason = reason is None or (isinstance(reason, list) and len(reason) == 3)
    others = (pointer.previous, pointer.waiting)
    return is_reason and all([one is None or _is_version(store, one) for one in others])


def _is_version(store: object, version: object) -> bool:
    from runicos.shared import are_right, own_bytes

    if not isinstance(version, list) or len(version) != 6:
        return False
    place, digest, size, release, decision, shared = version
    return (
        are_right(store.bodies, size, shared)
        and store.bodies.is_place(place, own_bytes(size, shared))
        and isinstance(digest, bytes)
        and isinstance(release, str)
        and (decision is None or isinstance(decision, dict))
    )
