"""Which tensors may share memory although both are alive: the firmware's `nn_share.c`, mirrored.

A view is part of another tensor: a RESHAPE's output is its input, and an input of CONCATENATION
along the outermost axis lies where it belongs in the output. And an op's output may overlap an
input that nothing reads after it, as far as the op has read it before it writes there.

Time is counted in steps: at step 0 the caller writes the model's inputs, op i runs at step i + 1,
and one step after the last op the caller reads the outputs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from runicd.model.read_tflite import ABSENT, Model, Op, Tensor

_ALIGNMENT_BYTES = 16
_PART_ALIGNMENT_BYTES = 4
_VIEWS = frozenset({"EXPAND_DIMS", "RESHAPE", "SQUEEZE"})
_ELEMENTWISE = """
    ABS ADD DEQUANTIZE ELU EQUAL EXP GREATER GREATER_EQUAL HARD_SWISH LEAKY_RELU LESS LESS_EQUAL
    LOG LOGISTIC MAXIMUM MINIMUM MUL NEG NOT_EQUAL PRELU QUANTIZE RELU RELU6 RSQRT SOFTMAX SQRT
    SUB TANH
"""
_BY_ELEMENTS = frozenset(_ELEMENTWISE.split())
_FILTERED = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D"})
_POOLED = frozenset({"AVERAGE_POOL_2D", "MAX_POOL_2D"})
_BYTES = frozenset({"bool", "i8", "u8"})
_IMAGE_RANK = 4
# No op whose output may overlap an input has more.
_MAX_SHARED_INPUTS = 3


@dataclass(slots=True)
class Block:
    """Memory for one tensor and its parts: alive from step `first` to `last`, both included."""

    tensor: int
    size_bytes: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Sharing:
    """The blocks of a model by their tensor; where in which of them each tensor lies.

    `distances` says how many bytes the second block of a pair has to start above the start of
    the first at least, when it starts above it at all. A pair that is not there is kept apart.
    """

    blocks: dict[int, Block]
    parts: dict[int, tuple[int, int]]
    lifetimes: dict[int, tuple[int, int]]
    distances: dict[tuple[int, int], int]


def align(size_bytes: int) -> int:
    """`size_bytes` rounded up to the arena's alignment."""
    return (size_bytes + _ALIGNMENT_BYTES - 1) // _ALIGNMENT_BYTES * _ALIGNMENT_BYTES


def share(model: Model) -> Sharing:
    """Find what may share memory. Raises ModelError for a type without a fixed size."""
    lifetimes = _lifetimes(model)
    parts = _Parts(model, lifetimes)
    for op in model.ops:
        parts.follow(op)
    blocks: dict[int, Block] = {}
    for index, (first, last) in lifetimes.items():
        root, _ = parts.root(index)
        size_bytes = align(model.tensors[root].size_bytes)
        block = blocks.setdefault(root, Block(root, size_bytes, first, last))
        block.first, block.last = min(block.first, first), max(block.last, last)
    where = {index: parts.root(index) for index in lifetimes}
    return Sharing(blocks, where, lifetimes, _distances(model, blocks, where))


def _lifetimes(model: Model) -> dict[int, tuple[int, int]]:
    after = len(model.ops) + 1
    spans: dict[int, tuple[int, int]] = dict.fromkeys(model.inputs, (0, 0))
    for step, op in enumerate(model.ops, 1):
        for index in op.inputs:
            if index in spans:
                spans[index] = (spans[index][0], step)
        for index in op.outputs:
            spans[index] = (step, step)
    for index, tensor in enumerate(model.tensors):
        if tensor.is_variable:
            spans[index] = (0, after)
    for index in model.outputs:
        spans[index] = (spans[index][0], after)
    return spans


class _Parts:
    """Which tensor lies in which other one, and where in it."""

    def __init__(self, model: Model, lifetimes: dict[int, tuple[int, int]]) -> None:
        self._tensors = model.tensors
        self._computed = {i for i in lifetimes if not model.tensors[i].is_variable}
        self._wholes: dict[int, tuple[int, int]] = {}

    def root(self, index: int) -> tuple[int, int]:
        """The tensor that `index` is part of, or itself; and where in it, in bytes."""
        offset = 0
        while index in self._wholes:
            index, step = self._wholes[index]
            offset += step
        return index, offset

    def follow(self, op: Op) -> None:
        """Make what `op` need not move a part of what it is moved to, or the other way round."""
        if not op.inputs or len(op.outputs) != 1:
            return
        output = self._tensors[op.outputs[0]]
        if op.name in _VIEWS and op.inputs[0] in self._computed:
            if self._tensors[op.inputs[0]].size_bytes == output.size_bytes:
                self._wholes[op.outputs[0]] = self.root(op.inputs[0])
        elif op.name == "CONCATENATION" and _is_outermost(op, output):
            self._concatenate(op, output.size_bytes)

    def _concatenate(self, op: Op, output_bytes: int) -> None:
        at = 0
        for index in op.inputs:
            if index == ABSENT:
                continue
            size_bytes = self._tensors[index].size_bytes
            root, _ = self.root(index)
            # What is part of something bigger, or in here already, stays and is copied.
            fits = self._tensors[root].size_bytes == size_bytes and at + size_bytes <= output_bytes
            is_free = index in self._computed and root != op.outputs[0]
            if is_free and fits and at % _PART_ALIGNMENT_BYTES == 0:
                self._wholes[root] = (op.outputs[0], at)
            at += size_bytes


def _is_outermost(op: Op, output: Tensor) -> bool:
    axis = int(op.options.get("axis", 0))
    axis += len(output.shape) if axis < 0 else 0
    return 0 <= axis < len(output.shape) and math.prod(output.shape[:axis]) == 1


def _distances(
    model: Model, blocks: dict[int, Block], where: dict[int, tuple[int, int]]
) -> dict[tuple[int, int], int]:
    found: dict[tuple[int, int], int] = {}
    for step, op in enumerate(model.ops, 1):
        if len(op.outputs) != 1 or len(op.inputs) > _MAX_SHARED_INPUTS:
            continue
        if blocks[where[op.outputs[0]][0]].first != step:
            continue
        lower, output_at = where[op.outputs[0]]
        for place, index in enumerate(op.inputs):
            if index not in where or blocks[where[index][0]].last != step:
                continue
            upper, input_at = where[index]
            apart = blocks[lower].size_bytes
            trail = None if model.tensors[index].is_variable else _trail(model, op, place)
            distance = apart if trail is None else output_at + trail - input_at
            pair = (lower, upper)
            found[pair] = min(max(found.get(pair, distance), distance), apart)
    return found


def _trail(model: Model, op: Op, place: int) -> int | None:
    """How far the output must start below input `place`; None when they are kept apart."""
    given, output = model.tensors[op.inputs[place]], model.tensors[op.outputs[0]]
    if op.name in _BY_ELEMENTS:
        is_alike = given.element == output.element or _BYTES & {given.element, output.element}
        if given.elements != output.elements or not is_alike:
            return None
        return max(output.size_bytes - given.size_bytes, 0)
    if op.name in _FILTERED | _POOLED and place == 0:
        return _window_trail(model, op)
    return None


def _window_trail(model: Model, op: Op) -> int | None:
    given, output = model.tensors[op.inputs[0]], model.tensors[op.outputs[0]]
    if {len(given.shape), len(output.shape)} != {_IMAGE_RANK}:
        return None
    if given.shape[0] != 1 or output.shape[0] != 1 or not output.shape[1] or not given.shape[1]:
        return None
    before = _padding_before(model, op, given.shape[1], output.shape[1])
    if before is None:
        return None
    stride, last = int(op.options["stride_h"]), output.shape[1] - 1
    input_row = given.size_bytes // given.shape[1]
    output_row = output.size_bytes // output.shape[1]
    # While row y is written, the rows from the first of its window on are still to be read.
    in_padding = min(before // stride, last)
    return max(
        (y + 1) * output_row - max(y * stride - before, 0) * input_row
        for y in (in_padding, min(in_padding + 1, last), last)
    )


def _padding_before(model: Model, op: Op, input_rows: int, output_rows: int) -> int | None:
    stride = int(op.options["stride_h"])
    if op.name in _POOLED:
        filter_rows, dilation = int(op.options["filter_h"]), 1
    else:
        weights = model.tensors[op.inputs[1]] if len(op.inputs) > 1 else None
        is_filter = weights is not None and len(weights.shape) == _IMAGE_RANK
        filter_rows = weights.shape[1] if weights is not None and is_filter else 0
        dilation = int(op.options["dilation_h"])
    if min(filter_rows, stride, dilation) < 1:
        return None
    reach = (filter_rows - 1) * dilation + 1
    is_same = op.options["padding"] == 0
    rows = (
        (input_rows + stride - 1) // stride if is_same else (input_rows + stride - reach) // stride
    )
    if rows != output_rows:
        return None
    return max((rows - 1) * stride + reach - input_rows, 0) // 2
