"""Versions: a Rune's new version is on trial until it has made some good calls.

    cast ─commit─▶ on trial ─good calls─▶ confirmed
                      └─error─▶ the previous version runs again

The version that was confirmed last stays on flash until an upload needs its place. One that was
never confirmed is kept for nothing: it never becomes a previous one. In memory only while
something is decided here.
"""

from runicos import log
from runicos.contract import cbor
from runicos.contract.errors import NO_PREVIOUS, WENT_BACK, RuneError
from runicos.pointer import (
    DECISION,
    PLACE,
    RELEASE,
    SHA256,
    SHARED,
    SIZE,
    Pointer,
    read,
    read_all,
    write,
)

# What of an error is kept on flash.
_REASON_BYTES = 256


def recall(store: object, rune: object) -> int:
    """Tell a Rune what its pointer says of older versions; return the good calls that it owes."""
    pointer = read(store, rune.name)
    if pointer is None:
        return 0
    rune.previous = None if pointer.previous is None else pointer.previous[RELEASE]
    rune.went_back = pointer.reason
    waiting = pointer.waiting
    rune.waiting = None if waiting is None else [waiting[RELEASE], waiting[SHA256]]
    rune.waits = pointer.is_first_waiting()
    return pointer.trial


def replace(
    store: object, name: str, version: "list[object]", trial_calls: int, waits: bool = False
) -> None:
    """Make a version a Rune's current one, on trial; the caller sweeps. Raises RuneError.

    One that waited for a grant until now is forgotten; this one may be a first one that `waits`.
    """
    pointer = Pointer(version)
    # One at least: only the end of a trial confirms a version, and raises the Rune's floor.
    pointer.trial = max(1, trial_calls)
    pointer.waiting = version if waits else None
    old = read(store, name)
    if old is not None:
        pointer.sequence = old.sequence + 1
        if old.current[SHA256] == version[SHA256]:
            # The same once more: it is as far as it was.
            pointer.previous, pointer.trial = old.previous, old.trial
        elif old.trial or old.is_first_waiting():
            pointer.previous = old.previous
        else:
            pointer.previous = _retired(store, name, old)
    write(store, name, pointer)


def end_trial(store: object, name: str, manifest: object) -> None:
    """Confirm a Rune's current version: it has made its good calls. Raises RuneError."""
    pointer = read(store, name)
    if pointer is not None and pointer.trial:
        from runicos.floors import rise

        # First: a power cut between the two leaves it on trial, and nothing older is taken.
        rise(store.root, name, manifest)
        pointer.trial = 0
        pointer.sequence += 1
        write(store, name, pointer)


def go_back(store: object, name: str, error: RuneError) -> "RuneError | None":
    """Make the previous version the current one again, and forget the one that failed.

    Returns what hosts are told, None when there is no previous version. Raises RuneError.
    """
    pointer = read(store, name)
    if pointer is None or pointer.previous is None:
        return None
    failed, previous = pointer.current, pointer.previous
    pointer.current, pointer.previous = decided_anew(previous, None), None
    pointer.trial = 0
    pointer.sequence += 1
    pointer.reason = _reason(failed[RELEASE], error)
    write(store, name, pointer)
    sweep(store)
    _decide(store, name, previous[DECISION] or {})
    return RuneError(WENT_BACK, name, previous[RELEASE], *pointer.reason)


def roll_back(runes: object, rune: object, error: RuneError) -> "RuneError | None":
    """Go back as `go_back` does; the previous version is started if it ran. Raises RuneError.

    One that was confirmed does not give way to a version with a lower security counter.
    """
    if not rune.trial and rune.previous is not None:
        from runicos.floors import check_previous

        check_previous(runes, rune.name)
    told = go_back(runes.store, rune.name, error)
    if told is not None:
        runes.warn(rune.name, told, log.WENT_BACK)
        runes.renew(rune.name)
    return told


def exchange(store: object, name: str) -> None:
    """Go back to the previous version as the owner wants it; the other one can be gone back to.

    It is started if the other one was. Raises RuneError.
    """
    pointer = read(store, name)
    if pointer is None or pointer.previous is None:
        raise RuneError(NO_PREVIOUS, name)
    previous = pointer.previous
    decided = dict(previous[DECISION] or {})
    decided["started"] = bool(store.decision(name).get("started"))
    pointer.previous = None if pointer.trial else _retired(store, name, pointer)
    pointer.current = decided_anew(previous, None)
    pointer.trial, pointer.reason = 0, None
    pointer.sequence += 1
    write(store, name, pointer)
    sweep(store)
    _decide(store, name, decided)


def sweep(store: object) -> None:
    """Let go the bodies that no version has anything in. Raises RuneError."""
    store.bodies.sweep(store)


def kept(store: object, spares: bool) -> "list[tuple[object, ...]]":
    """Return (place, size, shared) of every version; without spares of those that must stay."""
    return [
        (version[PLACE], version[SIZE], version[SHARED])
        for _, pointer in read_all(store)
        for version in pointer.versions()
        if spares or version is not pointer.previous or pointer.trial
    ]


def decided_anew(version: "list[object]", decided: "dict[str, object] | None") -> "list[object]":
    """Return a version with another decision of its owner's."""
    return version[:DECISION] + [decided] + version[DECISION + 1 :]


def _retired(store: object, name: str, pointer: Pointer) -> "list[object]":
    """Return the current version as a previous one: with what its owner decided about it."""
    decided = store.decision(name)
    decided.pop("starting", None)
    decided.pop("hangs", None)
    return decided_anew(pointer.current, decided)


def _decide(store: object, name: str, decided: "dict[str, object]") -> None:
    try:
        store.decide(name, decided)
    except RuneError:
        # A full flash costs the version that is back its own period, nothing else.
        return


def _reason(release: str, error: RuneError) -> "list[object]":
    """Return an error as it is kept; of many reasons the first ones."""
    arguments = list(error.arguments)
    while arguments and len(cbor.dumps(arguments)) > _REASON_BYTES:
        arguments.pop()
    return [release, error.code, arguments]
