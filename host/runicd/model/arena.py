"""The arena that the firmware's `nn` module will need for a model: the same plan, on the host.

Every tensor that is not constant lives from the first op that writes it to the last that reads
it; large ones are placed first, each at the lowest free offset. Equal to the firmware's plan to
the byte, so that a model which does not fit is refused before anything is sent.
"""

from __future__ import annotations

from dataclasses import dataclass

from runicd.model.read_tflite import Model

_ALIGNMENT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Placement:
    """One tensor in the arena: alive from op `first` to op `last`, both included."""

    tensor: int
    offset: int
    size_bytes: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class ArenaPlan:
    """Where every tensor that is not constant lies, and the arena's size."""

    placements: tuple[Placement, ...]
    arena_bytes: int


def align(size_bytes: int) -> int:
    """`size_bytes` rounded up to the arena's alignment."""
    return (size_bytes + _ALIGNMENT_BYTES - 1) // _ALIGNMENT_BYTES * _ALIGNMENT_BYTES


def plan_arena(model: Model) -> ArenaPlan:
    """Place the tensors of `model`. Raises ModelError for a type without a fixed size."""
    lifetimes = _lifetimes(model)
    sizes = {index: align(model.tensors[index].size_bytes) for index in lifetimes}
    order = sorted(lifetimes, key=lambda index: (-sizes[index], lifetimes[index][0], index))
    placed: list[Placement] = []
    for index in order:
        first, last = lifetimes[index]
        offset = _lowest_offset(placed, sizes[index], first, last)
        placed.append(Placement(index, offset, sizes[index], first, last))
    end = max((one.offset + one.size_bytes for one in placed), default=0)
    return ArenaPlan(tuple(placed), end)


def _lifetimes(model: Model) -> dict[int, tuple[int, int]]:
    last_op = max(len(model.ops) - 1, 0)
    spans: dict[int, tuple[int, int]] = dict.fromkeys(model.inputs, (0, 0))
    for position, op in enumerate(model.ops):
        for index in op.outputs:
            spans[index] = (position, position)
        for index in op.inputs:
            if index in spans:
                spans[index] = (spans[index][0], position)
    for index, tensor in enumerate(model.tensors):
        if tensor.is_variable:
            spans[index] = (0, last_op)
    for index in model.outputs:
        spans[index] = (spans[index][0], last_op)
    return spans


def _lowest_offset(placed: list[Placement], size_bytes: int, first: int, last: int) -> int:
    rivals = sorted(
        (one.offset, one.offset + one.size_bytes)
        for one in placed
        if one.first <= last and first <= one.last
    )
    offset = 0
    for start, end in rivals:
        if offset + size_bytes <= start:
            break
        offset = max(offset, end)
    return offset
