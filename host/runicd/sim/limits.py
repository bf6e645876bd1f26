"""Limits that a simulated board is started with, in place of those of its board.toml."""

from __future__ import annotations

from collections.abc import Mapping

from runicd.errors import UsageError
from runicos.contract.checked_manifest import CALL_MAX_MS

_RATE_MAX = (1 << 31) - 1
_WAIT_MAX_MS = 3_600_000
# The least that a board's loop, which sleeps for half a second, can keep to.
_WATCHDOG_MIN_MS = 2000
# By name the least and the most that firmware counts with; docs/quotas.md says what they are.
LIMITS: Mapping[str, tuple[int, int]] = {
    "call_ms": (1, CALL_MAX_MS),
    "reads_per_s": (1, _RATE_MAX),
    "output_bytes_per_s": (1, _RATE_MAX),
    "log_bytes_per_s": (1, _RATE_MAX),
    "failures_max": (1, 1_000_000),
    "trial_calls": (1, 1_000_000),
    "restart_ms": (1, _WAIT_MAX_MS),
    "watchdog_ms": (0, _WAIT_MAX_MS),
    "counts_s": (1, _WAIT_MAX_MS // 1000),
}


def arguments(limits: Mapping[str, int]) -> list[str]:
    """Return `NAME=NUMBER` for each limit. Raises UsageError for one that no board keeps to."""
    for name, value in limits.items():
        _check(name, value)
    return [f"{name}={value}" for name, value in limits.items()]


def _check(name: str, value: int) -> None:
    if name not in LIMITS:
        remedy = f"choose from {', '.join(LIMITS)}"
        raise UsageError(f"a board has no limit {name!r}", remedy=remedy)
    least, most = LIMITS[name]
    if not least <= value <= most:
        raise UsageError(f"the limit {name} is {least} to {most}, not {value}")
    if name == "watchdog_ms" and 0 < value < _WATCHDOG_MIN_MS:
        raise UsageError(f"the limit {name} is 0, for none, or at least {_WATCHDOG_MIN_MS}")
