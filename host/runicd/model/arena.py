"""The arena that the firmware's `nn` module will need for a model: the same plan, on the host.

Blocks of memory are placed from the largest to the smallest, each at the lowest offset that suits
those placed before it; that is done anew a few times, beginning with the one that reached highest,
and the best is kept; a plan that the file brings along is taken where it is right and no worse.
Last comes what an op needs while it runs. Equal to the firmware's plan (nn_plan.c) to the byte, so
that a model which does not fit is refused before anything is sent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from runicd.errors import ModelError
from runicd.model.read_tflite import ABSENT, Model, Op
from runicd.model.sharing import Block, Sharing, align, share

_MAX_ROUNDS = 8
_MAX_ROUND_STEPS = 1 << 22
_MAX_ARENA_BYTES = (1 << 31) - 1
# Products in the sums of the largest CONV_2D that gets scratch.
_MAX_WINDOW = 4608
# What may have weights of int4, and the rows of FULLY_CONNECTED that are unpacked at once.
_LAYERS = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"})
_UNPACKED_ROWS = 4
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
    sharing, order = choose(model)
    offsets = place(sharing, order)
    if offsets is None:
        raise ModelError(_TOO_LARGE)
    stored = dict(enumerate(model.memory_offsets))
    if _holds(sharing, stored) and arena_bytes(sharing, stored) <= arena_bytes(sharing, offsets):
        offsets = stored
    return to_plan(model, sharing, offsets)


def choose(model: Model) -> tuple[Sharing, list[Block]]:
    """Say what shares memory and in which order it is placed; bold views where they do no harm.

    Raises ModelError for a type without a fixed size.
    """
    choices = [share(model)]
    if choices[0].has_bold:
        choices.append(share(model, bold=False))
    orders = [(sharing, best_order(sharing, len(model.tensors))) for sharing in choices]
    return min(orders, key=lambda choice: _needed(*choice))


def _needed(sharing: Sharing, order: list[Block]) -> int:
    offsets = place(sharing, order)
    return _MAX_ARENA_BYTES + 1 if offsets is None else arena_bytes(sharing, offsets)


def to_plan(model: Model, sharing: Sharing, offsets: dict[int, int]) -> ArenaPlan:
    """Say where every tensor lies, from where the blocks do."""
    placements = []
    for index, (first, last) in sorted(sharing.lifetimes.items()):
        root, at = sharing.parts[index]
        block = sharing.blocks.get(index)
        size_bytes = align(model.tensors[index].size_bytes) if block is None else block.size_bytes
        placements.append(Placement(index, offsets[root] + at, size_bytes, first, last))
    scratch = place_scratch(scratch_needs(model), sharing, offsets)
    end = max((one.offset + one.size_bytes for one in scratch), default=0)
    if end > _MAX_ARENA_BYTES:
        raise ModelError(_TOO_LARGE)
    return ArenaPlan(tuple(placements), scratch, max(arena_bytes(sharing, offsets), end))


def scratch_needs(model: Model) -> dict[int, int]:
    """Return the bytes that ops need while they run, by the number of the op."""
    needs = {number: align(scratch_bytes(model, op)) for number, op in enumerate(model.ops)}
    return {number: size_bytes for number, size_bytes in needs.items() if size_bytes}


def place_scratch(
    needs: dict[int, int], sharing: Sharing, offsets: dict[int, int]
) -> tuple[Placement, ...]:
    """Place each op's scratch where nothing is that lives at its step."""
    placements = []
    for number, size_bytes in needs.items():
        step, offset = number + 1, 0
        alive = [block for block in sharing.blocks.values() if block.first <= step <= block.last]
        for block in sorted(alive, key=lambda block: offsets[block.tensor]):
            start = offsets[block.tensor]
            if offset < start + block.size_bytes and start < offset + size_bytes:
                offset = start + block.size_bytes
        placements.append(Placement(number, offset, size_bytes, step, step))
    return tuple(placements)


def scratch_bytes(model: Model, op: Op) -> int:
    """The bytes that `op` needs while it runs: those of nn_conv_scratch_bytes(), or for int4."""
    if op.name not in _LAYERS or len(op.inputs) < 2 or ABSENT in op.inputs[:2]:
        return 0
    inputs, filters = (model.tensors[index] for index in op.inputs[:2])
    if filters.element == "i4":
        return _unpacked_bytes(op.name, filters.shape)
    if op.name != "CONV_2D":
        return 0
    if inputs.element != "i8" or len(filters.shape) != 4 or len(inputs.shape) != 4:
        return 0
    window = math.prod(filters.shape[1:])
    if filters.shape[3] != inputs.shape[3] or window > _MAX_WINDOW:
        return 0
    is_whole = inputs.shape[3] % 4 == 0 or filters.shape[1:3] == (1, 1)
    return -(-window // 4) * 4 * (8 if is_whole else 10)


def _unpacked_bytes(name: str, shape: tuple[int, ...]) -> int:
    """Weights of int4 that are unpacked at once: a channel's, four rows, all of DEPTHWISE's."""
    if name == "FULLY_CONNECTED":
        return min(shape[0], _UNPACKED_ROWS) * math.prod(shape[1:]) if shape else 0
    return math.prod(shape[1:] if name == "CONV_2D" else shape)


def _holds(sharing: Sharing, stored: dict[int, int]) -> bool:
    """Whether a plan from a file, which may lie, keeps all the rules."""
    if not stored:
        return False
    for index, (root, at) in sharing.parts.items():
        end = stored[root] + sharing.blocks[root].size_bytes
        is_aligned = stored[root] >= 0 and stored[root] % align(1) == 0
        if stored[index] != stored[root] + at or not is_aligned or end > _MAX_ARENA_BYTES:
            return False
    blocks = list(sharing.blocks.values())
    return all(
        _is_clear(sharing, stored, one, other)
        for place, one in enumerate(blocks)
        for other in blocks[:place]
        if one.first <= other.last and other.first <= one.last
    )


def _is_clear(sharing: Sharing, stored: dict[int, int], one: Block, other: Block) -> bool:
    pair, above = (one.tensor, other.tensor), stored[other.tensor] - stored[one.tensor]
    below_other = sharing.distances.get(pair, one.size_bytes)
    return above >= below_other or -above >= sharing.distances.get(pair[::-1], other.size_bytes)


def best_order(sharing: Sharing, tensors: int) -> list[Block]:
    """Place all blocks in several orders; return the first that needs the fewest bytes."""
    rounds = max(1, min(_MAX_ROUNDS, _MAX_ROUND_STEPS // (tensors * tensors + 1)))
    turns = dict.fromkeys(sharing.blocks, 0)
    best, least_bytes = list(sharing.blocks.values()), _MAX_ARENA_BYTES + 1
    for turn in range(1, rounds + 1):
        order = sorted(sharing.blocks.values(), key=lambda block: _key(block, turns))
        offsets = place(sharing, order)
        if offsets is None:
            break
        needed = arena_bytes(sharing, offsets)
        if needed < least_bytes:
            best, least_bytes = order, needed
        peak = _find_peak(order, offsets, needed)
        if peak is None or (turns[peak] != 0 and turns[peak] == turn - 1):
            break  # the next round would be like this one
        turns[peak] = turn
    return best


def _key(block: Block, turns: dict[int, int]) -> tuple[int, int, int, int]:
    return -turns[block.tensor], -block.size_bytes, -block.first, block.tensor


def arena_bytes(sharing: Sharing, offsets: dict[int, int]) -> int:
    """Where the highest block ends."""
    return max(
        (offsets[index] + block.size_bytes for index, block in sharing.blocks.items()), default=0
    )


def _find_peak(order: list[Block], offsets: dict[int, int], end: int) -> int | None:
    """Return, of those that reach to the arena's end, the one that was placed first."""
    for block in order:
        if offsets[block.tensor] + block.size_bytes == end:
            return block.tensor
    return None


def place(sharing: Sharing, order: list[Block]) -> dict[int, int] | None:
    """Place blocks one after the other; None when the arena would pass 2^31 bytes."""
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
