"""Runes that were kept from running by what their owner decided, and may run now.

In memory only while an owner decides something.
"""

from runicos.contract.errors import (
    BAD_POLICY,
    NOT_GRANTED,
    NOT_SIGNED,
    POLICY_DENIES,
    UNKNOWN_KEY,
    Refused,
    RuneError,
)
from runicos.permit import check
from runicos.runes import TRIES

_OWNERS = (NOT_SIGNED, UNKNOWN_KEY, BAD_POLICY)
_GRANTS = (NOT_GRANTED, POLICY_DENIES)


def resume(runes: object) -> "list[str]":
    """Start the Runes that only want of a grant or of trust kept from running; name them."""
    started = []
    for name in sorted(runes.by_name):
        rune = runes.by_name[name]
        if rune.container is not None or not _was_denied(rune.last_error):
            continue
        try:
            if _may_run(runes, rune):
                runes.restart(rune, TRIES)
                started.append(name)
        except RuneError:
            # Its state says what it failed with; the others go on.
            continue
        except MemoryError as error:
            # Nothing has been said of that yet. It is tried at the next decision, or start.
            runes.warn(name, error)
    return started


def _was_denied(error: "RuneError | None") -> bool:
    if isinstance(error, Refused):
        return any([reason[0] in _GRANTS for reason in error.reasons])
    return error is not None and error.code in _OWNERS


def _may_run(runes: object, rune: object) -> bool:
    """Say whether a Rune is to run, and would be let."""
    if not runes.store.decision(rune.name).get("started"):
        return False
    try:
        if rune.slot is None:
            runes.open(rune)
        check(runes.store.root, rune.name, rune.slot, is_there=True)
    except RuneError:
        return False
    return True
