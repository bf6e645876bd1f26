"""One call of a Rune, stage by stage, as the board timed it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runicd.answers import checked
from runicd.client import Client
from runicd.errors import LinkError

_DEADLINE_S = 60.0
_ANSWER: dict[str, type] = {"name": str, "call_us": int, "stages": list}
_STAGE_KINDS = (str, str, int, int)
# Trace viewers group what happens by process and thread: here by board and Rune.
_PROCESS = 1
_THREAD = 1


@dataclass(frozen=True, slots=True)
class Span:
    """A stage: when it began, counted from the call's begin, and how long it took."""

    kind: str
    name: str
    start_us: int
    took_us: int


@dataclass(frozen=True, slots=True)
class Trace:
    """A call of a Rune; original Runes have no stages."""

    rune: str
    board: str
    call_us: int
    stages: tuple[Span, ...]


def trace(client: Client, name: str) -> Trace:
    """Have a Rune called once and return its times. Raises BoardError when the call fails."""
    answer = client.request("trace", {"name": name}, deadline_s=_DEADLINE_S)
    found = checked(answer, _ANSWER, "trace", client.where)
    stages = tuple(_span(stage, client.where) for stage in found["stages"])
    return Trace(found["name"], client.greeting.board, found["call_us"], stages)


def _span(stage: Any, where: str) -> Span:
    if (
        not isinstance(stage, list)
        or len(stage) != len(_STAGE_KINDS)
        or not all(isinstance(part, kind) for part, kind in zip(stage, _STAGE_KINDS, strict=True))
    ):
        raise LinkError(f"the board's trace cannot be read ({stage!r})", where=where)
    return Span(*stage)


def chrome(traced: Trace) -> dict[str, Any]:
    """Return the trace as Chrome's trace event format has it, which Perfetto opens."""
    names = [("process_name", traced.board), ("thread_name", traced.rune)]
    events: list[dict[str, Any]] = [
        {"ph": "M", "name": what, "pid": _PROCESS, "tid": _THREAD, "args": {"name": name}}
        for what, name in names
    ]
    events.append(_complete(f"call {traced.rune}", "call", 0, traced.call_us))
    events += [
        _complete(each.name, each.kind, each.start_us, each.took_us) for each in traced.stages
    ]
    return {"traceEvents": events, "displayTimeUnit": "ms"}


def _complete(name: str, category: str, start_us: int, took_us: int) -> dict[str, Any]:
    times = {"ts": start_us, "dur": took_us}
    return {"ph": "X", "name": name, "cat": category, "pid": _PROCESS, "tid": _THREAD} | times
