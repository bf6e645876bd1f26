"""A better plan of the arena than boards make at load, and a file that brings it along.

Boards place tensors in a few orders; here there is time for many. The plan goes into the file as
the metadata that TensorFlow Lite Micro reads too. Nothing in the file is changed for that: what is
new stands before it, and every offset in a `.tflite` file points onwards.
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
from runicd.model.flatbuffer import Buffer, Table
from runicd.model.read_tflite import Model, read_tflite
from runicd.model.schema import FILE_IDENTIFIER, PLAN_NAME
from runicd.model.sharing import Sharing

_TRIES_MOST = 1000
_TRIES_WORK = 1 << 22
_ALIGNMENT_BYTES = 16
_NOWHERE = -1
# Fields of the root table that are looked at; all others but the version are offsets.
_VERSION, _BUFFERS, _METADATA, _ROOT_FIELDS = 0, 4, 6, 8
_ROOT_AT = 8 + 4 + 2 * _ROOT_FIELDS  # behind the file's header and the root's field list
_ROOT_BYTES = 4 + 4 * _ROOT_FIELDS
# Field lists of a metadata table (name, buffer) and of a buffer (data).
_ENTRY_FIELDS = struct.pack("<4H", 8, 12, 4, 8)
_BUFFER_FIELDS = struct.pack("<4H", 6, 8, 4, 0)


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
    root = Buffer(data).root("the model")
    named = root.tables(_METADATA, "metadata")
    kept = [one.position for one in named if one.bytes(0, "a name") != PLAN_NAME]
    buffers = [one.position for one in root.tables(_BUFFERS, "buffer")]
    return _head(root, buffers, kept, struct.pack(f"<{3 + count}i", 1, 0, count, *offsets)) + data


def _head(root: Table, buffers: list[int], kept: list[int], plan: bytes) -> bytes:
    """Return a new root table and what it needs, to be put before the file.

    In this order: root, list of buffers, list of metadata, the new metadata and buffer, its name,
    the plan's bytes. `buffers` and `kept` are where the file has its own.
    """
    buffers_at = _ROOT_AT + _ROOT_BYTES
    named_at = buffers_at + 4 * (1 + len(buffers) + 1)
    entry_at = named_at + 4 * (1 + len(kept) + 1) + len(_ENTRY_FIELDS)
    buffer_at = entry_at + 12 + len(_BUFFER_FIELDS)
    name_at = buffer_at + 8
    plan_at = _align(name_at + 4 + len(PLAN_NAME) + 1 + 4) - 4  # its bytes, 4 on, are aligned
    size = _align(plan_at + 4 + len(plan))
    head = bytearray(size)

    def put(at: int, *values: int) -> None:
        struct.pack_into(f"<{len(values)}I", head, at, *values)

    def put_list(at: int, targets: list[int]) -> None:
        put(at, len(targets), *(target - at - 4 - 4 * i for i, target in enumerate(targets)))

    put(0, _ROOT_AT)
    head[4:8] = FILE_IDENTIFIER
    targets = {field: root.target(field) for field in range(1, _ROOT_FIELDS)}
    moved = {field: size + at for field, at in targets.items() if at is not None}
    moved |= {_BUFFERS: buffers_at, _METADATA: named_at}
    places = [4, *(4 + 4 * field if field in moved else 0 for field in range(1, _ROOT_FIELDS))]
    struct.pack_into(f"<{2 + _ROOT_FIELDS}H", head, 8, _ROOT_AT - 8, _ROOT_BYTES, *places)
    put(_ROOT_AT, _ROOT_AT - 8, root.scalar(_VERSION, "u32"))
    for field, at in moved.items():
        put(_ROOT_AT + 4 + 4 * field, at - _ROOT_AT - 4 - 4 * field)
    put_list(buffers_at, [*(size + at for at in buffers), buffer_at])
    put_list(named_at, [*(size + at for at in kept), entry_at])
    head[entry_at - len(_ENTRY_FIELDS) : entry_at] = _ENTRY_FIELDS
    put(entry_at, len(_ENTRY_FIELDS), name_at - entry_at - 4, len(buffers))
    head[buffer_at - len(_BUFFER_FIELDS) : buffer_at] = _BUFFER_FIELDS
    put(buffer_at, len(_BUFFER_FIELDS), plan_at - buffer_at - 4)
    put(name_at, len(PLAN_NAME))
    head[name_at + 4 : name_at + 4 + len(PLAN_NAME)] = PLAN_NAME
    put(plan_at, len(plan))
    head[plan_at + 4 : plan_at + 4 + len(plan)] = plan
    return bytes(head)


def _align(position: int) -> int:
    return -(-position // _ALIGNMENT_BYTES) * _ALIGNMENT_BYTES
