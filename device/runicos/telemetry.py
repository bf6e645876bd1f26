"""Telemetry of one Rune: counts and times, in an array made once: counting allocates nothing.

Times of stages are counted by the native pipeline itself; here are those of whole calls. Totals
are kept in milliseconds and the rest in microseconds, so that 32-bit boards need no big integers.
"""

from array import array

_CALLS = 0
_FAILURES = 1
_LAST_US = 2
_MAX_US = 3
_TOTAL_MS = 4
_REST_US = 5
_FIELDS = 6
_STAGE_WORDS = 4
_MASK = 0x3FFFFFFF


class Telemetry:
    """What a Rune has done since it was stored or the board was started."""

    def __init__(self) -> None:
        self._figures = array("I", [0] * _FIELDS)

    def add(self, calls: int, elapsed_us: int) -> None:
        """Count calls that took `elapsed_us` together."""
        if calls == 0:
            return
        figures = self._figures
        figures[_CALLS] = (figures[_CALLS] + calls) & _MASK
        each_us = elapsed_us // calls
        figures[_LAST_US] = each_us
        if each_us > figures[_MAX_US]:
            figures[_MAX_US] = each_us
        rest_us = figures[_REST_US] + elapsed_us
        figures[_TOTAL_MS] = (figures[_TOTAL_MS] + rest_us // 1000) & _MASK
        figures[_REST_US] = rest_us % 1000

    def fail(self) -> None:
        """Count a call that failed."""
        self._figures[_FAILURES] += 1

    @property
    def calls(self) -> int:
        """Return the calls that went well."""
        return self._figures[_CALLS]

    @property
    def failures(self) -> int:
        """Return the calls that failed."""
        return self._figures[_FAILURES]

    @property
    def last_us(self) -> int:
        """Return how long the last call took, in microseconds."""
        return self._figures[_LAST_US]

    @property
    def max_us(self) -> int:
        """Return how long the longest call took, in microseconds."""
        return self._figures[_MAX_US]

    @property
    def total_us(self) -> int:
        """Return how long all calls took together, in microseconds."""
        return self._figures[_TOTAL_MS] * 1000 + self._figures[_REST_US]

    @property
    def mean_us(self) -> int:
        """Return how long a call takes on average, in microseconds."""
        calls = self._figures[_CALLS]
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
