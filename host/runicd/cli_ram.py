"""How a model was made to fit into RAM, as `build` and `model plan` print it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runicd.model.fit import Fitted, Need


def ram_lines(fitted: Fitted) -> Iterator[str]:
    """Yield the lines that say which ops run in strips, what that takes, and what it costs."""
    if fitted.strips is None:
        yield f"no strips are needed: {_need(fitted.after)}"
        return
    strips = fitted.strips
    height = "1 row" if strips.rows == 1 else f"{strips.rows} rows"
    yield f"ops {strips.first} to {strips.end - 1} in {fitted.strip_count} strips of {height}"
    yield f"{_need(fitted.after)}; without strips {_need(fitted.before)}"
    more = fitted.runs - fitted.whole_runs
    yield (
        f"multiply-accumulates +0.0 %; in a call, ops begin {more} times more "
        f"and {fitted.moved_bytes:,} bytes are moved"
    )


def _need(need: Need) -> str:
    parts = f"arena {need.arena_bytes:,}, tables {need.table_bytes:,} on 32-bit boards"
    return f"{need.ram_bytes:,} bytes ({parts})"


def ram_facts(fitted: Fitted) -> dict[str, Any]:
    """Return the same as a map for JSON; `strips` is null where none are needed."""
    return asdict(fitted) | {
        "before_bytes": fitted.before.ram_bytes,
        "after_bytes": fitted.after.ram_bytes,
    }
