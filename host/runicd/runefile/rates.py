"""Rates that a Runefile states: how often a sensor is read, how much an output sends in a second.

In all forms they are arguments, `reads_per_s` of a capability and `bytes_per_s` of an output; what
is not stated is what the period takes. docs/quotas.md says what boards make of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runicd.runefile.faults import Faults
from runicd.runefile.payload_size import record_bytes
from runicd.runefile.syntax import ArgDecl, StageDecl, Word
from runicd.runefile.typed import TypedPipeline, TypedStage
from runicd.types import ArgValue, StageKind
from runicos.contract.element import MAX_BYTES

RATES: dict[StageKind, str] = {"capability": "reads_per_s", "output": "bytes_per_s"}
_MS_PER_S = 1000


def is_rate(kind: StageKind, name: str) -> bool:
    """Tell whether an argument of a stage is its rate."""
    return name.replace("-", "_") == RATES.get(kind)


def read_rate(declared: StageDecl, faults: Faults) -> int | None:
    """Return the rate among a stage's arguments; None without one, or after a fault."""
    found = [arg for arg in declared.args if is_rate(declared.kind, arg.name.text)]
    for arg in found[1:]:
        faults.add(arg.name.span, f'"{RATES[declared.kind]}" is given twice', "keep one")
    if not found:
        return None
    value = _whole(found[0].value)
    if value is None or not 1 <= value <= MAX_BYTES:
        what = f'"{found[0].name.text}" is {found[0].value}'
        remedy = f"give a whole number from 1 to {MAX_BYTES}, or leave it out"
        faults.add(found[0].span, what, remedy)
        return None
    return value


def _whole(value: ArgValue | tuple[ArgValue, ...]) -> int | None:
    """Read a number as capabilities' parameters are read: YAML may have it as text."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else None


def rate_argument(stage: TypedStage) -> tuple[ArgDecl, ...]:
    """Return a stage's stated rate as an argument of the Runefile."""
    return () if stage.rate is None else (ArgDecl(Word(RATES[stage.kind]), stage.rate),)


def of_a_call(stage: TypedStage, pipeline: TypedPipeline) -> int:
    """Return what one call takes: a read, or an output's largest record in bytes."""
    if stage.kind == "capability":
        return 1
    own = [pipeline.tensors[tensor] for tensor in stage.inputs]
    index = [one.name for one in pipeline.of_kind("output")].index(stage.name)
    channel = len(pipeline.of_kind("capability")) + len(pipeline.of_kind("model")) + index + 1
    return record_bytes(stage.what, own, channel)


def stated(stage: TypedStage, pipeline: TypedPipeline) -> dict[str, int]:
    """Return what the manifest says: the Runefile's rate, or what the period takes.

    Nothing where a Rune is called on request: that is the board's affair.
    """
    rate = stage.rate or _of_the_period(stage, pipeline)
    return {RATES[stage.kind]: rate} if rate else {}


def inherited(record: Mapping[str, Any], kind: StageKind, period_ms: int) -> int | None:
    """Return the rate that a base's record states, None where it is what its period takes."""
    rate = record.get(RATES.get(kind, ""))
    if rate is None:
        return None
    return None if rate == _in_a_second(record.get("bytes", 1), period_ms) else int(rate)


def _of_the_period(stage: TypedStage, pipeline: TypedPipeline) -> int:
    return _in_a_second(of_a_call(stage, pipeline), pipeline.period_ms)


def _in_a_second(of_a_call: int, period_ms: int) -> int:
    calls_per_s = -(-_MS_PER_S // period_ms) if period_ms else 0
    return min(of_a_call * calls_per_s, MAX_BYTES)


def check_rates(pipeline: TypedPipeline, faults: Faults) -> None:
    """Raise RunefileError where a Rune could not keep to its own rate."""
    for stage, least in _short(pipeline):
        key = RATES[stage.kind]
        what = (
            f'"{stage.name}" may take {key} {stage.rate}, '
            f"and its calls every {pipeline.period_ms} ms take {least}"
        )
        faults.add(stage.span, what, f"give {key} {least} or more, or leave it out")
    faults.stop_if_any()


def _short(pipeline: TypedPipeline) -> Iterator[tuple[TypedStage, int]]:
    for stage in pipeline.stages:
        if stage.rate is not None and stage.rate < _of_the_period(stage, pipeline):
            yield stage, _of_the_period(stage, pipeline)
