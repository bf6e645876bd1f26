"""Limits that a Runefile may state: their names, what they may be, and how YAML writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from runicd.errors import InputError
from runicd.runefile.faults import Faults, did_you_mean
from runicos.contract.checked_manifest import CALL_MAX_MS

if TYPE_CHECKING:
    from runicd.types import Span

# By name the most that each may be; the least is 1.
LIMITS: Mapping[str, int] = {"call_ms": CALL_MAX_MS}


def check_limit(name: str, value: int) -> None:
    """Raise InputError for a limit that no board keeps to."""
    if not 1 <= value <= LIMITS[name]:
        raise InputError(f"{name} is 1 to {LIMITS[name]}, not {value}")


def read_period(node: Any, span_of: Callable[[Any], Span], faults: Faults) -> int | None:
    """Return a YAML node's number of milliseconds; None, and a fault, for anything else."""
    number = _number(node)
    if number is None:
        remedy = "give milliseconds, 0 for on request"
        faults.add(span_of(node), "period_ms is no whole number", remedy)
    return number


def _number(node: Any) -> int | None:
    return int(node.value) if node.tag.endswith(":int") and node.value.isdigit() else None


def read_limits(
    found: Mapping[str, tuple[Any, Any]], span_of: Callable[[Any], Span], faults: Faults
) -> dict[str, int]:
    """Return the limits of a YAML map, given as (key, value) nodes; what is none is a fault."""
    limits = {}
    for name, (key, node) in found.items():
        value = _number(node) or 0
        if name not in LIMITS:
            faults.add(span_of(key), f'"{name}" is no limit', did_you_mean(name, tuple(LIMITS)))
        elif not 1 <= value <= LIMITS[name]:
            faults.add(span_of(node), f"{name} is no number from 1 to {LIMITS[name]}")
        else:
            limits[name] = value
    return limits
