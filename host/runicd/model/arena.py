"""The arena that the firmware's `nn` module will need for a model: the same plan, on the host.

Blocks of memory are placed from the largest to the smallest, each at the lowest offset that suits
those placed before it; that is done anew a few times, beginning with the one that reached highest,
and the best is kept. Equal to the firmware's plan (nn_plan.c) to the byte, so that a model which
does not fit is refused before anything is sent. Last comes what an op needs while it runs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from runicd.errors import ModelError
from runicd.model.read_tflite import Model, Op
from runicd.model.sharing import Block, Sharing, align, share

_MAX_ROUNDS = 8
_MAX_ROUND_STEPS = 1 << 22
_MAX_ARENA_BYTES = (1 << 31) - 1
# Products in the sums of the largest CONV_2D that gets scratch.
_MAX_WINDOW = 4608
_TOO_LARGE = "its arena would pass 2^31 bytes"


@dataclass(frozen=True, slots=True)
class Placement:
    """One tensor in the arena: alive from step `first` to step `last`, both included."""

    tensor: int
    offset: int
    size_bytes: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class ArenaPlan:
    """Where every tensor that is not constant lies, the ops' scratch, and the arena's size.

    `scratch` has a placement for each op that has any; its `tensor` is the op's number.
    """

    placements: tuple[Placement, ...]
    scratch: tuple[Placement, ...]
    arena_bytes: int


def plan_arena(model: Model) -> ArenaPlan:
    """Place the tensors of `model`.

    Raises ModelError for a type without a fixed size, and for an arena of 2^31 bytes or more.
    """
    sharing = share(model)
    offsets = _best_offsets(sharing, len(model.tensors))
    placements = []
    for index, (first, last) in sorted(sharing.lifetimes.items()):
        root, at = sharing.parts[index]
        size_bytes = align(model.tensors[index].size_bytes)
        placements.append(Placement(index, offsets[root] + at, size_bytes, first, last))
    scratch = tuple(_place_scratch(model, sharing, offsets))
    end = max((one.offset + one.size_bytes for one in scratch), default=0)
    if end > _MAX_ARENA_BYTES:
        raise ModelError(_TOO_LARGE)
    arena_bytes = max(_arena_bytes(sharing, offsets), end)
    return ArenaPlan(tuple(placements), scratch, arena_bytes)


def _place_scratch(model: Model, sharing: Sharing, offsets: dict[int, int]) -> Iterator[Placement]:
    for number, op in enumerate(model.ops):
        size_bytes, step, offset = align(scratch_bytes(model, op)), number + 1, 0
        if size_bytes == 0:
            continue
        alive = [block for block in sharing.blocks.values() if block.first <= step <= block.last]
        for block in sorted(alive, key=lambda block: offsets[block.tensor]):
            start = offsets[block.tensor]
            if offset < start + block.size_bytes and start < offset + size_bytes:
                offset = start + block.size_bytes
        yield Placement(number, offset, size_bytes, step, step)


def scratch_bytes(model: Model, op: Op) -> int:
    """The bytes that `op` needs while it runs: those of nn_conv_scratch_bytes()."""
    if op.name != "CONV_2D" or len(op.inputs) < 2:
        return 0
    inputs, filters = (model.tensors[index] for index in op.inputs[:2])
    if inputs.element != "i8" or len(filters.shape) != 4 or len(inputs.shape) != 4:
        return 0
    window = math.prod(filters.shape[1:])
    if filters.shape[3] != inputs.shape[3] or window > _MAX_WINDOW:
        return 0
    is_whole = inputs.shape[3] % 4 == 0 or filters.shape[1:3] == (1, 1)
    return -(-window // 4) * 4 * (4 if is_whole else 6)


def _best_offsets(sharing: Sharing, tensors: int) -> dict[int, int]:
    """Place all blocks in several orders; the offsets of the first that needs the fewest bytes."""
    rounds = max(1, min(_MAX_ROUNDS, _MAX_ROUND_STEPS // (tensors * tensors + 1)))
    turns = dict.fromkeys(sharing.blocks, 0)
    best: dict[int, int] | None = None
    for turn in range(1, rounds + 1):
        order = sorted(sharing.blocks.values(), key=lambda block: _key(block, turns))
        offsets = _place(sharing, order)
        if offsets is None:
            break
        arena_bytes = _arena_bytes(sharing, offsets)
        if best is None or arena_bytes < _arena_bytes(sharing, best):
            best = offsets
        peak = _find_peak(order, offsets, arena_bytes)
        if peak is None or (turns[peak] != 0 and turns[peak] == turn - 1):
            break  # the next round would be like this one
        turns[peak] = turn
    if best is None:
        raise ModelError(_TOO_LARGE)
    return best


def _key(block: Block, turns: dict[int, int]) -> tuple[int, int, int, int]:
    return -turns[block.tensor], -block.size_bytes, -block.first, block.tensor


def _arena_bytes(sharing: Sharing, offsets: dict[int, int]) -> int:
    return max((offsets[index] + sharing.blocks[index].size_bytes for index in offsets), default=0)


def _find_peak(order: list[Block], offsets: dict[int, int], arena_bytes: int) -> int | None:
    """Return, of those that reach to the arena's end, the one that was placed first."""
    for block in order:
        if offsets[block.tensor] + block.size_bytes == arena_bytes:
            return block.tensor
    return None


def _place(sharing: Sharing, order: list[Block]) -> dict[int, int] | None:
    offsets: dict[int, int] = {}
    for block in order:
        offset = _lowest_offset(sharing, block, offsets)
        if offset + block.size_bytes > _MAX_ARENA_BYTES:
            return None
        offsets[block.tensor] = offset
    return offsets


def _lowest_offset(sharing: Sharing, block: Block, offsets: dict[int, int]) -> int:
    """Return the lowest offset that suits all the blocks that live at the same time."""
    blocked = []  # the offsets between, both ends excluded
    for index, other_offset in offsets.items():
        other = sharing.blocks[index]
        if block.first <= other.last and other.first <= block.last:
            pair = (block.tensor, other.tensor)
            below = sharing.distances.get(pair, block.size_bytes)
            above = sharing.distances.get(pair[::-1], other.size_bytes)
            blocked.append((other_offset - below, other_offset + above))
    offset = 0
    for start, end in sorted(blocked):
        if start < offset < end:
            offset = align(end)
    return offset
