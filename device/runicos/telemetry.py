"""Telemetry of one Rune: counts and times, all of them small numbers: counting allocates nothing.

Times of stages are counted by the native pipeline itself, those of whole calls by the container,
in `times`. Totals are kept in milliseconds and the rest in microseconds, so that 32-bit boards
need no big integers.
"""

import rune as native
from micropython import const

from runicos.contract.errors import TRAP, RuneError
from runicos.log import COUNTS

_STAGE_WORDS = const(4)
_TRAPS_MAX = const(8)
_MASK = const(0x3FFFFFFF)


class Telemetry:
    """What a Rune has done since it was stored or the board was started.

    `times` are of calls that went well, `failures` did not; `restarts` count how often it was
    started again.
    """

    def __init__(self) -> None:
        self.times = native.Times()
        self.failures = 0
        self.restarts = 0
        self.traps: "dict[str, int] | None" = None  # by name, once there are any
        # Bytes written and erased by casts of it since the board was started.
        self.flash: "tuple[int, int] | None" = None
        # Calls, good or not, their time, and the uptime, when they were written down last.
        self._counted = 0
        self._counted_ms = 0
        self._counted_at_ms = 0

    def fail(self, error: RuneError) -> None:
        """Count a call that failed; traps by their names, too."""
        self.failures += 1
        if error.code != TRAP:
            return
        name = str(error.arguments[0])
        traps = self.traps or {}
        if name not in traps and len(traps) >= _TRAPS_MAX:
            name = "other"
        traps[name] = traps.get(name, 0) + 1
        self.traps = traps

    def count(self, journal: object, name: str, now_ms: int, dropped: int) -> int:
        """Write down what there is since the last time; return the record's number, or 0.

        `dropped` results gave way to newer ones. The load is in thousandths of the time since.
        """
        times = self.times
        passed_ms = (now_ms - self._counted_at_ms) & _MASK
        load = 1000 * ((times.total_ms - self._counted_ms) & _MASK) // max(1, passed_ms)
        self._counted_at_ms, self._counted_ms = now_ms, times.total_ms
        made = times.calls + self.failures
        if made == self._counted:
            return 0
        self._counted = made
        more = (self.flash or (0,))[0], self.restarts, min(load, 1000), dropped
        took = times.total_ms, times.max_us, times.last_us
        return journal.count(COUNTS, name, now_ms, times.calls, self.failures, *took, *more)

    @property
    def total_us(self) -> int:
        """Return how long all calls took together, in microseconds."""
        return self.times.total_ms * 1000 + self.times.rest_us

    @property
    def mean_us(self) -> int:
        """Return how long a call takes on average, in microseconds."""
        calls = self.times.calls
        return self.total_us // calls if calls else 0


def stage_rows(names: "list[tuple[str, str]]", ticks: memoryview) -> "list[dict[str, object]]":
    """Return a map for each stage: kind, name, and what the pipeline's `ticks` count.

    `calls` are those that were timed: of short Runes, one in 31.
    """
    rows: "list[dict[str, object]]" = []
    for index, (kind, name) in enumerate(names):
        at = index * _STAGE_WORDS
        row: "dict[str, object]" = {"kind": kind, "name": name}
        row["calls"], row["total_us"] = ticks[at], ticks[at + 1]
        row["max_us"], row["last_us"] = ticks[at + 2], ticks[at + 3]
        rows.append(row)
    return rows
