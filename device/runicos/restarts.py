"""Restarts: a Rune that fails is started again, each time after twice as long.

    running ─error─▶ backing off ─1, 2, 4 … 64 s, each ± 25 %─▶ running ─10 good calls─▶ as new
                                 └─5 failures in a row─▶ given up: failed

In memory only while there is a Rune that failed lately. The counts are lost with a reset.
"""

import os

from micropython import const

from runicos import log
from runicos.contract.errors import NO_SUCH_RUNE, REFUSED, SOURCE_END, WENT_BACK, RuneError
from runicos.limits import limit
from runicos.rune_state import FAILED, STOPPED
from runicos.runes import TRIES

BACKING_OFF = "backing off"
_DOUBLINGS_MAX = const(6)
_GOOD_CALLS = const(10)
_IDLE_MS = const(500)
_TICKS_MASK = const(0x3FFFFFFF)
_TICKS_HALF = const(0x20000000)


class BackOff:
    """How often in a row a Rune has failed, and when it is started again: None if it is not."""

    given_up = False

    def __init__(self, ticks_ms: object) -> None:
        self.failures = 0
        self.calls = 0  # that it had made when it failed last
        self.due_ms: "int | None" = None
        self._ticks_ms = ticks_ms

    def left_ms(self) -> int:
        """Return the milliseconds until it is started again."""
        left_ms = (self.due_ms - self._ticks_ms()) & _TICKS_MASK
        return 0 if left_ms >= _TICKS_HALF else left_ms

    def wait(self, delay_ms: int) -> None:
        """Start it again after so long."""
        self.due_ms = (self._ticks_ms() + delay_ms) & _TICKS_MASK

    def row(self) -> "dict[str, object]":
        """Return what it adds to a Rune's line of `ps`."""
        row: "dict[str, object]" = {"failures_in_row": self.failures}
        if self.due_ms is not None:
            row["retry_ms"] = self.left_ms()
        if self.given_up:
            row["given_up"] = True
        return row


class Restarts:
    """The Runes that failed lately; `step` starts those again whose time has come."""

    def __init__(self, system: object, ticks_ms: object) -> None:
        self._system = system
        self._ticks_ms = ticks_ms
        self._failures_max = limit(system.board, "failures_max")
        self._first_ms = limit(system.board, "restart_ms")
        self.runes: "list[object]" = []

    def failed(self, rune: object, error: RuneError) -> None:
        """Decide what becomes of a Rune that failed and is unloaded."""
        if error.code == SOURCE_END:
            self._system.runes.enter(rune, STOPPED, error)
            return
        back_off = self._counted(rune)
        if not rune.period_ms:
            # Whoever asks for its next call starts it.
            self._system.runes.enter(rune, FAILED, error)
        elif back_off.failures >= self._failures_max:
            self._give_up(rune, error)
        else:
            delay_ms = self._delay_ms(back_off.failures)
            back_off.wait(delay_ms)
            told = " for %d.%d s" % (delay_ms // 1000, delay_ms % 1000 // 100)
            self._system.runes.enter(rune, BACKING_OFF, error, told)

    def step(self) -> int:
        """Start what is due; return the milliseconds until more is."""
        wait_ms = _IDLE_MS
        for rune in list(self.runes):
            back_off = rune.back_off
            if back_off is None or (back_off.due_ms is None and self._is_settled(rune)):
                self.runes.remove(rune)
            elif back_off.due_ms is not None:
                left_ms = back_off.left_ms()
                if not left_ms:
                    self._restart(rune)
                wait_ms = min(wait_ms, left_ms)
        return wait_ms

    def _counted(self, rune: object) -> BackOff:
        """Return a Rune's count of failures, one higher."""
        back_off = rune.back_off
        if back_off is None or _has_recovered(rune):
            back_off = rune.back_off = BackOff(self._ticks_ms)
        back_off.failures += 1
        back_off.calls = rune.telemetry.times.calls
        if rune not in self.runes:
            self.runes.append(rune)
        return back_off

    def _delay_ms(self, failures: int) -> int:
        """Return how long to wait, a quarter more or less: not all boards at the same moment."""
        delay_ms = self._first_ms << min(failures - 1, _DOUBLINGS_MAX)
        return delay_ms + delay_ms * (os.urandom(1)[0] - 128) // 512

    def _is_settled(self, rune: object) -> bool:
        """Say whether a Rune stays failed, or has long been well."""
        if rune.container is not None and _has_recovered(rune):
            rune.back_off = rune.last_error = None
            if rune.hangs:
                rune.hangs = 0
                self._system.runes.mark(rune.name, 0)
        return rune.container is None or rune.back_off is None

    def _restart(self, rune: object) -> None:
        rune.back_off.due_ms = None
        rune.telemetry.restarts += 1
        text = "is started again after " + _counted(rune.back_off.failures)
        self._system.note(log.INFO, rune.name, text, log.RESTART)
        try:
            self._system.runes.restart(rune, TRIES)
        except RuneError as error:
            # The board has no room for it now, or it is gone, or the version before it runs.
            if error.code not in (REFUSED, NO_SUCH_RUNE, WENT_BACK):
                self.failed(rune, error)

    def _give_up(self, rune: object, error: RuneError) -> None:
        system = self._system
        text = "given up: %s in a row" % _counted(rune.back_off.failures)
        system.note(log.ERROR, rune.name, text)
        if system.runes.roll_back(rune, error) is None:
            rune.back_off.given_up = True
            system.runes.enter(rune, FAILED, error)


def _has_recovered(rune: object) -> bool:
    good_calls = (rune.telemetry.times.calls - rune.back_off.calls) & _TICKS_MASK
    return good_calls >= _GOOD_CALLS


def _counted(failures: int) -> str:
    return "%d failure%s" % (failures, "" if failures == 1 else "s")
