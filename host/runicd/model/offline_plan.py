"""A better plan of the arena than boards make at load, and a file that brings it along.

Boards place tensors in a few orders; here there is time for many. The plan goes into the file as
the metadata that TensorFlow Lite Micro reads too.
"""

from __future__ import annotations

import random
import struct

from runicd.errors import ModelError
from runicd.model.arena import (
    ArenaPlan,
    arena_bytes,
    best_order,
    choose,
    place,
    place_scratch,
    scratch_needs,
    to_plan,
)
from runicd.model.metadata import with_metadata
from runicd.model.read_tflite import Model, read_tflite
from runicd.model.schema import PLAN_NAME
from runicd.model.sharing import Sharing

_TRIES_MOST = 1000
_TRIES_WORK = 1 << 22
_NOWHERE = -1


def search(model: Model, *, apart: bool = False) -> ArenaPlan:
    """Look for the smallest arena, by moving one block at a time in the order of placing.

    With `apart`, no op's output overlaps its inputs: for runtimes whose kernels read an input
    after they have written some of the output. The same model gives the same plan. Raises
    ModelError as `plan_arena` does.
    """
    sharing, order = choose(model)
    if apart:
        sharing = Sharing(sharing.blocks, sharing.parts, sharing.lifetimes, {})
        order = best_order(sharing, len(model.tensors))
    offsets = place(sharing, order)
    if offsets is None:
        raise ModelError("its arena would pass 2^31 bytes")
    chance, count = random.Random(1), len(order)  # noqa: S311 no secret depends on it
    needs = {} if apart else scratch_needs(model)
    most_bytes = arena_bytes(sharing, offsets)  # boards take no plan that needs more
    least_bytes = _end(needs, sharing, offsets)
    for _ in range(min(_TRIES_MOST, _TRIES_WORK // (count * count + 1)) if count > 1 else 0):
        other = order.copy()
        other.insert(chance.randrange(count), other.pop(chance.randrange(count)))
        found = place(sharing, other)
        if found is None or arena_bytes(sharing, found) > most_bytes:
            continue
        found_bytes = _end(needs, sharing, found)
        if found_bytes <= least_bytes:
            order, offsets, least_bytes = other, found, found_bytes
    return to_plan(model, sharing, offsets)


def _end(needs: dict[int, int], sharing: Sharing, offsets: dict[int, int]) -> int:
    scratch = place_scratch(needs, sharing, offsets)
    ends = (one.offset + one.size_bytes for one in scratch)
    return max(arena_bytes(sharing, offsets), *ends, 0)


def with_plan(data: bytes, plan: ArenaPlan) -> bytes:
    """Return the file `data` with a plan in it, instead of one that it may have.

    Raises ModelError for a file that is broken.
    """
    count = len(read_tflite(data).tensors)
    offsets = [_NOWHERE] * count
    for placement in plan.placements:
        offsets[placement.tensor] = placement.offset
    return with_metadata(data, PLAN_NAME, struct.pack(f"<{3 + count}i", 1, 0, count, *offsets))
