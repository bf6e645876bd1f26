"""Succession: a new version that no host starts is started as the one before it ran.

In memory only from a commit until its `start`. A host may have died between the two, and what ran
before the cast is to run after it.
"""

from micropython import const

from runicos.log import WARNING
from runicos.rune_state import RECEIVED
from runicos.runes import TRIES

_WAIT_MS = const(5000)
_IDLE_MS = const(500)
_TICKS_MASK = const(0x3FFFFFFF)
_TICKS_HALF = const(0x20000000)


def successor(system: object, rune: object, link: object, ticks_ms: object) -> object:
    """Return what the service loop is to call until a committed Rune runs, None if it need not.

    That returns the milliseconds until it wants to be called again. It is done, and no longer
    `system.successor`, when the host has started or stopped the Rune; it starts the Rune when the
    host's link is gone, or has been silent about it for five seconds.
    """
    if not system.store.decision(rune.name).get("started"):
        return None
    due_ms = (ticks_ms() + _WAIT_MS) & _TICKS_MASK

    def step() -> int:
        left_ms = (due_ms - ticks_ms()) & _TICKS_MASK
        is_new = rune.state == RECEIVED and system.runes.by_name.get(rune.name) is rune
        if is_new and link in system.service.links and left_ms < _TICKS_HALF:
            return left_ms
        system.successor = None
        if is_new:
            _start(system, rune)
        return _IDLE_MS

    return step


def _start(system: object, rune: object) -> None:
    system.note(WARNING, rune.name, "no host starts it: it runs as the version before it")
    try:
        system.runes.restart(rune, TRIES)
    except Exception as error:
        # Its state says failed, or the version before it is back.
        system.runes.warn(rune.name, error)
