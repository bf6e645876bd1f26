"""Limits that a Runefile may state: their names, what they may be, and how YAML writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from runicd.errors import InputError
from runicd.runefile.faults import Faults, did_you_mean
from runicd.runefile.syntax import Word
from runicos.contract.checked_manifest import CALL_MAX_MS
from runicos.contract.element import MAX_BYTES

if TYPE_CHECKING:
    from runicd.types import Span

# By name the most that each may be; the least is 1.
LIMITS: Mapping[str, int] = {"call_ms": CALL_MAX_MS, "log_bytes_per_s": MAX_BYTES}
# What is stated where it belongs, and not for a Rune as a whole.
_REMEDIES = {
    "reads_per_s": "it is an argument of a capability",
    "bytes_per_s": "it is an argument of an output",
}


def check_limit(name: str, value: int) -> None:
    """Raise InputError for a limit that no board keeps to."""
    if not 1 <= value <= LIMITS[name]:
        raise InputError(f"{name} is 1 to {LIMITS[name]}, not {value}")


def check_counter(value: int) -> None:
    """Raise InputError for a security counter that no manifest holds."""
    if not 0 <= value <= MAX_BYTES:
        raise InputError(f"a security counter is 0 to {MAX_BYTES}, not {value}")


def read_period(
    keys: Mapping[str, tuple[Any, Any]], span_of: Callable[[Any], Span], faults: Faults
) -> int | None:
    """Return the number of milliseconds in a YAML map of (key, value) nodes, None without one.

    What is none is a fault.
    """
    if "period_ms" not in keys:
        return None
    node = keys["period_ms"][1]
    number = _number(node)
    if number is None:
        remedy = "give milliseconds, 0 for on request"
        faults.add(span_of(node), "period_ms is no whole number", remedy)
    return number


def read_counter(
    keys: Mapping[str, tuple[Any, Any]], span_of: Callable[[Any], Span], faults: Faults
) -> int | None:
    """Return the security counter in a YAML map of (key, value) nodes, None without one.

    What is none is a fault.
    """
    if "security_counter" not in keys:
        return None
    node = keys["security_counter"][1]
    number = _number(node)
    if number is None or number > MAX_BYTES:
        faults.add(span_of(node), f"security_counter is no number from 0 to {MAX_BYTES}")
        return None
    return number


def _number(node: Any) -> int | None:
    return int(node.value) if node.tag.endswith(":int") and node.value.isdigit() else None


def read_limits(
    found: Mapping[str, tuple[Any, Any]], span_of: Callable[[Any], Span], faults: Faults
) -> dict[str, int]:
    """Return the limits of a YAML map, given as (key, value) nodes; what is none is a fault."""
    limits = {}
    for name, (key, node) in found.items():
        text = node.value if isinstance(node.value, str) else "no number"
        value = read_limit(Word(name, span_of(key)), text, span_of(node), faults)
        if value is not None:
            limits[name] = value
    return limits


def read_limit(name: Word, text: str, span: Span, faults: Faults) -> int | None:
    """Return the limit of that name that a text states; None, and a fault, for what is none."""
    value = int(text) if text.isascii() and text.isdigit() else 0
    if name.text not in LIMITS:
        remedy = _REMEDIES.get(name.text) or did_you_mean(name.text, tuple(LIMITS))
        faults.add(name.span, f'"{name.text}" is no limit of a Rune', remedy)
        return None
    if not 1 <= value <= LIMITS[name.text]:
        remedy = f"give a whole number from 1 to {LIMITS[name.text]}"
        faults.add(span, f"{name.text} is {text}", remedy)
        return None
    return value
