"""Watching: the watchdog is started, then the Runes; what the last reset means for one of them.

    reset in a Rune's call ─▶ backing off ─1, 2, 4 … 64 s─▶ running ─10 good calls─▶ as new
                                   └─5 resets in a row─▶ given up: failed

In memory only while the board starts. Resets in a row are counted on flash, one write each: counts
in memory are gone by then.
"""

from time import ticks_ms

import rune as native

from runicos import log
from runicos.contract.errors import CALL_FAILED, RuneError
from runicos.limits import limit
from runicos.modules import unload_storing
from runicos.pointer import names
from runicos.restarts import BackOff, Restarts
from runicos.rune_state import FAILED
from runicos.runes import TRIES, hangs, words

# The service loop sleeps for up to half a second and feeds eight times within this.
TIMEOUT_MIN_MS = 2000


def start(system: object) -> None:
    """Start the board's watchdog, then the Runes that ran before."""
    hung = _watch(system)
    system.begin_journal()
    _gather(system)
    for name in names(system.store):
        native.feed()
        if name != hung:
            system.runes.renew(name)
    _watch_again(system, hung)
    unload_storing()


def _gather(system: object) -> None:
    """Bring free flash together; if that fails, the Runes are where they were."""
    from runicos.recovery import gather

    try:
        moved = gather(system.store)
    except RuneError as error:
        system.note(log.WARNING, "", words(error))
        return
    if moved:
        told = "moved %d version%s of Runes, so that more flash is free in one piece"
        told = told % (moved, "" if moved == 1 else "s")
        system.note(log.INFO, "", told)


def _watch(system: object) -> "str | None":
    """Start the board's watchdog; return the Rune whose call the last reset ended, if any."""
    hung = None if system.fault is None else _called(system.store)
    if system.fault is not None and system.fault.startswith("watchdog"):
        system.cause = "watchdog"
    if hung is not None:
        system.fault = "%s, in a call of %s" % (system.fault, hung)
        system.untold_fault = system.fault
    timeout_ms = limit(system.board, "watchdog_ms")
    if timeout_ms:
        timeout_ms = max(timeout_ms, TIMEOUT_MIN_MS)
        native.watch(system.board.watchdog(timeout_ms), timeout_ms)
    return hung


def _watch_again(system: object, hung: "str | None") -> None:
    """Decide what becomes of a Rune that was not loaded, as the last reset was in its call.

    Those of earlier resets are watched until they have long been well.
    """
    back = [rune for rune in system.runes.by_name.values() if rune.hangs]
    for rune in back:
        rune.back_off = _back_off(rune.hangs)
    if back or hung is not None:
        system.restarts = Restarts(system, ticks_ms)
        system.restarts.runes = back
    if hung is not None:
        _settle(system, hung)


def _back_off(failures: int) -> BackOff:
    back_off = BackOff(ticks_ms)
    back_off.failures = failures
    return back_off


def _settle(system: object, name: str) -> None:
    runes = system.runes
    decided = system.store.decision(name)
    error = RuneError(CALL_FAILED, name, "it did not come back: " + system.fault)
    rune = runes.anew(name)
    try:
        runes.open(rune)
    except (RuneError, MemoryError):
        # What is wrong with it is said as at any other boot.
        runes.renew(name)
        return
    rune.telemetry.fail(error)
    if rune.trial and runes.roll_back(rune, error) is not None:
        return
    rune.back_off = _back_off(hangs(decided))
    rune.hangs = rune.back_off.failures + 1
    rune.period_ms = _period_ms(rune, decided)
    system.restarts.failed(rune, error)
    if runes.by_name[name] is rune:
        _keep(runes, rune, decided)


def _period_ms(rune: object, decided: "dict[str, object]") -> int:
    manifest, period_ms = rune.slot.manifest, decided.get("period_ms")
    if period_ms is None:
        period_ms = 0 if manifest is None else manifest.period_ms
    return period_ms


def _keep(runes: object, rune: object, decided: "dict[str, object]") -> None:
    decided["hangs"] = rune.hangs
    decided.pop("starting", None)
    if rune.state == FAILED and rune.period_ms:
        # Given up, it is not tried at the next boot either.
        decided["starting"] = TRIES
    try:
        runes.store.decide(rune.name, decided)
    except RuneError as error:
        runes.warn(rune.name, error)


def _called(store: object) -> "str | None":
    """Return the Rune that was being called when the board was reset."""
    tag = native.running()
    for name in names(store):
        if native.tag(name) == tag:
            return name
    return None
