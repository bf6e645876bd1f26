"""The arena that the firmware's `nn` module will need for a model: the same plan, on the host.

Blocks of memory are placed from the largest to the smallest, each at the lowest offset that suits
those placed before it; that is done anew a few times, beginning with the one that reached highest,
and the best is kept. Equal to the firmware's plan (nn_plan.c) to the byte, so that a model which
does not fit is refused before anything is sent.
"""

from __future__ import annotations

from dataclasses import dataclass

from runicd.errors import ModelError
from runicd.model.read_tflite import Model
from runicd.model.sharing import Block, Sharing, align, share

_MAX_ROUNDS = 8
_MAX_ROUND_STEPS = 1 << 22
_MAX_ARENA_BYTES = (1 << 31) - 1


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
    """Where every tensor that is not constant lies, and the arena's size."""

    placements: tuple[Placement, ...]
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
    return ArenaPlan(tuple(placements), _arena_bytes(sharing, offsets))


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
        raise ModelError("its arena would pass 2^31 bytes")
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
