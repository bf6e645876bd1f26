"""Places tensors: a model's inputs and outputs in its own arena, the others in a shared one.

A tensor that a model outputs is that model's output buffer; one whose only use is as one model's
input is that model's input buffer. All others share an arena: two tensors overlap only when no
stage needs both.
"""

from __future__ import annotations

from dataclasses import dataclass

from runicd.runefile.typed import TypedPipeline

ALIGNMENT = 16


@dataclass(frozen=True, slots=True)
class Placement:
    """Offset of each tensor in the shared arena, None in a model's; and the arena's size."""

    offsets: tuple[int | None, ...]
    arena_bytes: int


@dataclass(frozen=True, slots=True)
class _Need:
    tensor: int
    bytes: int
    first: int
    last: int


def place(pipeline: TypedPipeline) -> Placement:
    """Lay tensors out: largest first, each at the lowest offset free in its lifetime."""
    in_models = _in_models(pipeline)
    needs = [need for need in _needs(pipeline) if need.tensor not in in_models]
    offsets: dict[int, int] = {}
    placed: list[_Need] = []
    for need in sorted(needs, key=lambda one: (-one.bytes, one.first, one.tensor)):
        offsets[need.tensor] = _lowest(need, placed, offsets)
        placed.append(need)
    arena_bytes = max((offsets[need.tensor] + need.bytes for need in needs), default=0)
    return Placement(
        tuple(offsets.get(index) for index in range(len(pipeline.tensors))), arena_bytes
    )


def _in_models(pipeline: TypedPipeline) -> set[int]:
    outputs = {tensor for stage in pipeline.of_kind("model") for tensor in stage.outputs}
    uses: dict[int, list[str]] = {}
    for stage in pipeline.stages:
        for tensor in stage.inputs:
            uses.setdefault(tensor, []).append(stage.kind)
    return outputs | {tensor for tensor, kinds in uses.items() if kinds == ["model"]}


def _needs(pipeline: TypedPipeline) -> list[_Need]:
    """Return each tensor's size, rounded up, and the first and last stage that need it."""
    needs = []
    for tensor, own in enumerate(pipeline.tensors):
        stages = [
            index
            for index, stage in enumerate(pipeline.stages)
            if tensor in (*stage.inputs, *stage.outputs)
        ]
        size = -(-max(1, own.bytes) // ALIGNMENT) * ALIGNMENT
        needs.append(_Need(tensor, size, min(stages), max(stages)))
    return needs


def _lowest(need: _Need, placed: list[_Need], offsets: dict[int, int]) -> int:
    rivals = [one for one in placed if one.first <= need.last and need.first <= one.last]
    offset = 0
    for rival in sorted(rivals, key=lambda one: offsets[one.tensor]):
        if offset + need.bytes <= offsets[rival.tensor]:
            break
        offset = max(offset, offsets[rival.tensor] + rival.bytes)
    return offset
