"""Room on flash for one more version: in memory only while somebody asks for it.

A previous version stays until its place is needed; one that a trial may go back to stays anyway,
and so does one that waits for a grant.
"""

from runicos.contract.errors import FLASH_FULL, NO_ROOM_FOR_TWO, RuneError
from runicos.pointer import PLACE, SHARED, SIZE, Pointer, read, read_all, write
from runicos.shared import own_bytes
from runicos.versions import kept, sweep


def free_bytes(store: object) -> int:
    """Return the largest Rune that there is room for, as previous versions give way to it."""
    return store.bodies.largest(kept(store, False))


def reserve(store: object, name: str, size: int, shared: "list[list[object]]") -> object:
    """Return the place for an upload; previous versions give way as it needs. Raises RuneError."""
    if _place(store, size, shared, False) is None:
        raise _full(store, name, size, own_bytes(size, shared))
    place = _place(store, size, shared, True)
    for spare, pointer in _spares(store, name):
        if place is not None:
            break
        _drop_previous(store, spare, pointer)
        place = _place(store, size, shared, True)
    return place


def _place(store: object, size: int, shared: "list[list[object]]", spares: bool) -> object:
    """Return where an upload's own bytes fit, beside what it shares; None if nowhere."""
    claims = kept(store, spares) + [(None, 0, shared)]
    return store.bodies.find(own_bytes(size, shared), claims)


def _spares(store: object, name: str) -> "list[tuple[str, Pointer]]":
    """Return whose previous versions may go, those of the Rune itself first."""
    spares = [entry for entry in read_all(store) if entry[1].previous and not entry[1].trial]
    own = [entry for entry in spares if entry[0] == name]
    return own + [entry for entry in spares if entry[0] != name]


def _drop_previous(store: object, name: str, pointer: Pointer) -> None:
    pointer.previous = None
    pointer.sequence += 1
    write(store, name, pointer)
    sweep(store)


def _full(store: object, name: str, size: int, needed: int) -> RuneError:
    """Return the error for a Rune that does not fit, perhaps only not beside its old version.

    It needs room for its own bytes; but what goes may take along what it shares.
    """
    free = free_bytes(store)
    for other, pointer in read_all(store):
        waiting = pointer.waiting
        if waiting is not None and _would_fit(store, size, [waiting]):
            return RuneError(NO_ROOM_FOR_TWO, name, free, needed, "revoke %s --waiting" % other)
    own = read(store, name)
    if own is not None and _would_fit(store, size, own.versions()):
        return RuneError(NO_ROOM_FOR_TWO, name, free, needed, "rm " + name)
    return RuneError(FLASH_FULL, free, needed)


def _would_fit(store: object, size: int, versions: "list[list[object]]") -> bool:
    """Say whether an upload would fit if these versions went."""
    gone = [(version[PLACE], version[SIZE], version[SHARED]) for version in versions]
    return store.bodies.largest([one for one in kept(store, False) if one not in gone]) >= size
