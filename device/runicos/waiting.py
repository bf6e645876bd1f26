"""A version that asks for more than its owner granted waits on flash, and the old one goes on.

    cast ─commit─▶ waiting ─grant─▶ current, on trial
                      └─revoke, rm, another cast─▶ gone

A first version that waits is the current one as well, and is not started. In memory only while
something is decided here.
"""

from runicos.contract.errors import NOT_GRANTED, Refused
from runicos.pointer import read, write
from runicos.versions import decided_anew, replace, sweep


def may_wait(runes: object, name: str, digest: bytes, refused: Refused) -> bool:
    """Say whether a version that is refused lacks but its owner's grant, and is another one."""
    rune = runes.by_name.get(name)
    is_there = rune is not None and rune.sha256 == digest and not rune.waits
    return not is_there and all([reason[0] == NOT_GRANTED for reason in refused.reasons])


def wait(store: object, name: str, version: "list[object]", trial_calls: int) -> None:
    """Keep a version until it is granted; the caller sweeps. Raises RuneError."""
    pointer = read(store, name)
    if pointer is None or pointer.is_first_waiting():
        replace(store, name, version, trial_calls, True)
        return
    pointer.waiting = version
    pointer.sequence += 1
    write(store, name, pointer)


def take(store: object, name: str, trial_calls: int) -> None:
    """Make the version that waits the current one, on trial. Raises RuneError."""
    pointer = read(store, name)
    if pointer is not None and pointer.waiting is not None:
        replace(store, name, decided_anew(pointer.waiting, None), trial_calls)
        sweep(store)


def drop(store: object, name: str) -> None:
    """Forget the version that waits beside another one. Raises RuneError."""
    pointer = read(store, name)
    if pointer is not None:
        pointer.waiting = None
        pointer.sequence += 1
        write(store, name, pointer)
        sweep(store)
