"""Whether what an op only moves could as well lie where it comes from: the firmware's rules.

The preparations in native_modules/nn (op_move.c, op_split.c, op_slice.c) have the same ones. An op
that the firmware would refuse has no layout.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from runicd.model.read_tflite import ABSENT, Model, Op, Tensor

_INTEGERS = {"i32": "i", "i64": "q"}
_APART = frozenset({"SPLIT", "SPLIT_V", "UNPACK"})


class Lie(Enum):
    """Where the pieces of a whole may lie."""

    IN_INPUT = "the outputs in an input, one after the other"
    IN_OUTPUT = "the first inputs in the output, one after the other"
    BEHIND = "no element is written before all those at its place and below were read"


@dataclass(frozen=True, slots=True)
class Layout:
    """What an op that moves elements may share.

    `place` is the input that outputs lie in; `pieces` the number of inputs that lie in the output;
    `offset_bytes` says where in the whole the first piece starts.
    """

    lie: Lie
    place: int = 0
    pieces: int = 0
    offset_bytes: int = 0


# Of every axis of an output: how many elements, and how many input elements from one to the next.
_Order = list[tuple[int, int]]


def layout_of(model: Model, op: Op) -> Layout | None:
    """Say where the elements that `op` moves may lie; None where they must be moved elsewhere."""
    find = _FINDERS.get(op.name)
    if find is None or not op.inputs or not op.outputs or ABSENT in op.inputs:
        return None
    given = [model.tensors[index] for index in op.inputs]
    results = [model.tensors[index] for index in op.outputs]
    has_count = len(results) == 1 or op.name in _APART
    is_filled = all(tensor.elements for tensor in (given[0], *results))
    return find(op, given, results) if has_count and is_filled else None


def _reshape(_op: Op, given: list[Tensor], results: list[Tensor]) -> Layout | None:
    is_same = given[0].element == results[0].element
    return Layout(Lie.IN_INPUT) if is_same and _sizes(given[:1]) == _sizes(results) else None


def _joined(op: Op, given: list[Tensor], results: list[Tensor]) -> Layout | None:
    """CONCATENATION and PACK."""
    if _rows(results[0], int(op.options.get("axis", 0))) != 1 or _sizes(given) != _sizes(results):
        return None
    return Layout(Lie.IN_OUTPUT, pieces=len(given))


def _split(op: Op, given: list[Tensor], results: list[Tensor]) -> Layout | None:
    data, axes = {"SPLIT": (1, 0), "SPLIT_V": (0, 2)}[op.name]
    axis = _integers(given, axes)
    return None if len(axis) != 1 else _taken_apart(given, data, axis[0], results)


def _unpack(op: Op, given: list[Tensor], results: list[Tensor]) -> Layout | None:
    return _taken_apart(given, 0, int(op.options.get("axis", 0)), results)


def _taken_apart(
    given: list[Tensor], place: int, axis: int, results: list[Tensor]
) -> Layout | None:
    if place >= len(given) or _rows(given[place], axis) != 1:
        return None
    is_whole = _sizes(given[place : place + 1]) == _sizes(results)
    return Layout(Lie.IN_INPUT, place=place) if is_whole else None


def _pad(_op: Op, given: list[Tensor], results: list[Tensor]) -> Layout | None:
    image, output, paddings = given[0], results[0], _integers(given, 1)
    if len(image.shape) != len(output.shape) or len(paddings) != 2 * len(image.shape):
        return None
    axis = next((at for at, dim in enumerate(output.shape[:-1]) if dim != 1), len(image.shape) - 1)
    if axis < 0 or image.shape[axis + 1 :] != output.shape[axis + 1 :]:
        return None
    row_bytes = output.size_bytes // math.prod(output.shape[: axis + 1])
    return Layout(Lie.IN_OUTPUT, pieces=1, offset_bytes=paddings[2 * axis] * row_bytes)


def _transpose(_op: Op, given: list[Tensor], _results: list[Tensor]) -> Layout | None:
    strides, order = _strides(given[0]), _integers(given, 1)
    if sorted(axis % len(strides) for axis in order) != list(range(len(strides))):
        return None
    return _moved(given[0], [(given[0].shape[axis], strides[axis]) for axis in order], 0)


def _slice(_op: Op, given: list[Tensor], results: list[Tensor]) -> Layout | None:
    strides, begins = _strides(given[0]), _integers(given, 1)
    if not len(begins) == len(strides) == len(results[0].shape):
        return None
    offset = sum(begin * stride for begin, stride in zip(begins, strides, strict=True))
    return _moved(given[0], list(zip(results[0].shape, strides, strict=True)), offset)


def _strided_slice(op: Op, given: list[Tensor], _results: list[Tensor]) -> Layout | None:
    shape, strides = given[0].shape, _strides(given[0])
    bounds = list(zip(*(_integers(given, place) for place in (1, 2, 3)), strict=False))
    order: _Order = []
    offset = 0
    for axis, (dim, stride) in enumerate(zip(shape, strides, strict=True)):
        begin, end, step = bounds[axis] if axis < len(bounds) else (0, dim, 1)
        if step == 0 or dim == 0:
            return None
        start, count = _places(op, axis, dim, (begin, end, step))
        offset += start * stride
        if not _has_bit(op, "shrink_axis_mask", axis):
            order.append((count, stride * step))
    return _moved(given[0], order, offset)


def _places(op: Op, axis: int, dim: int, bounds: tuple[int, int, int]) -> tuple[int, int]:
    """Return where along an axis the first element is, and how many there are."""
    begin, end, step = bounds
    low, high = (0, dim) if step > 0 else (-1, dim - 1)
    begin = min(max(begin + dim if begin < 0 else begin, low), high)
    end = min(max(end + dim if end < 0 else end, low), high)
    if _has_bit(op, "begin_mask", axis):
        begin = 0 if step > 0 else dim - 1
    if _has_bit(op, "end_mask", axis):
        end = dim if step > 0 else -1
    if _has_bit(op, "shrink_axis_mask", axis):
        return begin, 1
    return begin, len(range(begin, end, step))


def _has_bit(op: Op, mask: str, axis: int) -> bool:
    return bool(int(op.options.get(mask, 0)) >> axis & 1)


def _space_to_depth(op: Op, given: list[Tensor], results: list[Tensor]) -> Layout | None:
    size, strides, shape = _block(op, given, results), _strides(given[0]), results[0].shape
    if size < 1:
        return None
    inner = [(size, strides[1]), (size, strides[2]), (given[0].shape[3], 1)]
    outer = list(zip(shape[:3], (strides[0], size * strides[1], size * strides[2]), strict=True))
    return _moved(given[0], outer + inner, 0)


def _depth_to_space(op: Op, given: list[Tensor], results: list[Tensor]) -> Layout | None:
    size, strides, shape = _block(op, given, results), _strides(given[0]), given[0].shape
    if size < 1:
        return None
    channels = results[0].shape[3]
    rows = [(shape[0], strides[0]), (shape[1], strides[1]), (size, size * channels)]
    columns = [(shape[2], strides[2]), (size, channels), (channels, 1)]
    return _moved(given[0], rows + columns, 0)


def _block(op: Op, given: list[Tensor], results: list[Tensor]) -> int:
    is_image = len(given[0].shape) == len(results[0].shape) == 4
    return int(op.options.get("block_size", 0)) if is_image else 0


def _moved(given: Tensor, order: _Order, offset: int) -> Layout | None:
    """Say what follows from the order in which an op's output takes the input's elements."""
    reach = 0  # from the first element to the last, over the axes inside
    for dim, stride in reversed(order):
        if dim > 1 and stride <= reach:
            return None
        reach += (dim - 1) * stride
    if reach + 1 > math.prod(dim for dim, _ in order):
        return Layout(Lie.BEHIND)
    return Layout(Lie.IN_INPUT, offset_bytes=offset * (given.size_bytes // given.elements))


def _sizes(tensors: list[Tensor]) -> int:
    return sum(tensor.size_bytes for tensor in tensors)


def _rows(tensor: Tensor, axis: int) -> int:
    """How many elements there are along the axes before one; 0 for an axis that is not there."""
    rank = len(tensor.shape)
    return math.prod(tensor.shape[: axis % rank]) if -rank <= axis < rank else 0


def _strides(tensor: Tensor) -> list[int]:
    return [math.prod(tensor.shape[axis + 1 :]) for axis in range(len(tensor.shape))]


def _integers(given: list[Tensor], place: int) -> tuple[int, ...]:
    """Return a constant list of indices; empty for anything else."""
    tensor = given[place] if place < len(given) else None
    if tensor is None or tensor.data is None or tensor.element not in _INTEGERS:
        return ()
    return struct.unpack(f"<{tensor.elements}{_INTEGERS[tensor.element]}", tensor.data)


_FINDERS: dict[str, Callable[[Op, list[Tensor], list[Tensor]], Layout | None]] = {
    "CONCATENATION": _joined,
    "DEPTH_TO_SPACE": _depth_to_space,
    "EXPAND_DIMS": _reshape,
    "PACK": _joined,
    "PAD": _pad,
    "PADV2": _pad,
    "RESHAPE": _reshape,
    "SLICE": _slice,
    "SPACE_TO_DEPTH": _space_to_depth,
    "SPLIT": _split,
    "SPLIT_V": _split,
    "SQUEEZE": _reshape,
    "STRIDED_SLICE": _strided_slice,
    "TRANSPOSE": _transpose,
    "UNPACK": _unpack,
}
