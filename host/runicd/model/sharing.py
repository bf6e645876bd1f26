"""Which tensors may share memory although both are alive: the firmware's `nn_share.c`, mirrored.

A view is part of another tensor: a RESHAPE's output is its input, pieces of a SPLIT along the
outermost axis lie in its input, inputs of such a CONCATENATION in its output. And an op's output
may overlap an input that nothing reads after it, as far as the op has read it before it writes.

Time is counted in steps: at step 0 the caller writes the model's inputs, op i runs at step i + 1,
and one step after the last op the caller reads the outputs.
"""

from __future__ import annotations

from dataclasses import dataclass

from runicd.model.layout import Layout, Lie, layout_of
from runicd.model.read_tflite import Model, Op
from runicd.model.strips import Kept, keep_rows

_ALIGNMENT_BYTES = 16
_PART_ALIGNMENT_BYTES = 4
_ELEMENTWISE = """
    ABS ADD CAST DEQUANTIZE ELU EQUAL EXP GREATER GREATER_EQUAL HARD_SWISH L2_NORMALIZATION
    LEAKY_RELU LESS LESS_EQUAL LOG LOGISTIC MAXIMUM MINIMUM MUL NEG NOT_EQUAL PRELU QUANTIZE RELU
    RELU6 RSQRT SOFTMAX SQRT SUB TANH
"""
_BY_ELEMENTS = frozenset(_ELEMENTWISE.split())
_FILTERED = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D"})
_POOLED = frozenset({"AVERAGE_POOL_2D", "MAX_POOL_2D"})
_BYTES = frozenset({"bool", "i8", "u8"})
_IMAGE_RANK = 4
# No op whose output may overlap an input has more.
_MAX_SHARED_INPUTS = 4


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
    `has_bold` says whether there are views that keep more alive than the tensors alone would.
    """

    blocks: dict[int, Block]
    parts: dict[int, tuple[int, int]]
    lifetimes: dict[int, tuple[int, int]]
    distances: dict[tuple[int, int], int]
    has_bold: bool = False


def align(size_bytes: int) -> int:
    """`size_bytes` rounded up to the arena's alignment."""
    return (size_bytes + _ALIGNMENT_BYTES - 1) // _ALIGNMENT_BYTES * _ALIGNMENT_BYTES


def share(model: Model, *, bold: bool = True) -> Sharing:
    """Find what may share memory; bold views only if so wished.

    Raises ModelError for a type without a fixed size.
    """
    lifetimes = _lifetimes(model)
    kept = keep_rows(model, model.strips)
    if kept is not None:
        _live_through_strips(model, kept, lifetimes)
    parts = _Parts(model, lifetimes, bold=bold)
    for op in model.ops:
        parts.follow(op)
    where = {index: parts.root(index) for index in lifetimes}
    blocks = {
        root: Block(root, align(_room_bytes(model, kept, root)), *parts.spans[root])
        for root, _ in where.values()
    }
    distances = _distances(model, blocks, where)
    return Sharing(blocks, where, lifetimes, distances, parts.has_bold)


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


def _live_through_strips(model: Model, kept: Kept, lifetimes: dict[int, tuple[int, int]]) -> None:
    """Let what strips read and write live from their first op to their last."""
    assert model.strips is not None
    first, last = model.strips.first + 1, model.strips.end
    start, end = lifetimes[kept.source]
    lifetimes[kept.source] = (start, max(end, last))
    lifetimes[kept.result] = (first, lifetimes[kept.result][1])
    lifetimes.update(dict.fromkeys(kept.rows, (first, last)))


def _room_bytes(model: Model, kept: Kept | None, index: int) -> int:
    """Return the bytes of a tensor, or of those of its rows that strips keep."""
    tensor = model.tensors[index]
    if kept is None or index not in kept.rows:
        return tensor.size_bytes
    return tensor.size_bytes // tensor.shape[1] * kept.rows[index]


class _Parts:
    """Which tensor lies in which other one, and where in it; how long each whole lives."""

    def __init__(self, model: Model, lifetimes: dict[int, tuple[int, int]], *, bold: bool) -> None:
        self.spans = dict(lifetimes)
        self.has_bold = False
        self._model, self._bold = model, bold
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
        layout = layout_of(self._model, op)
        if layout is None:
            return
        if layout.lie is Lie.IN_INPUT and op.inputs[layout.place] in self._computed:
            self._take_apart(op, layout)
        elif layout.lie is Lie.IN_OUTPUT:
            self._put_together(op, layout)

    def _take_apart(self, op: Op, layout: Layout) -> None:
        """Outputs into the input. One that would outlive what it lies in keeps that alive."""
        root, at = self.root(op.inputs[layout.place])
        at += layout.offset_bytes
        for index in op.outputs:
            is_smaller = self._size(index) < self._size(root)
            is_bold = is_smaller and self.spans[index][1] > self.spans[root][1]
            is_aligned = at % _PART_ALIGNMENT_BYTES == 0
            self.has_bold |= is_bold and is_aligned
            if is_aligned and (self._bold or not is_bold):
                self._join(index, root, at)
            at += self._size(index)

    def _put_together(self, op: Op, layout: Layout) -> None:
        """Inputs into the output, which is then made early, with all else that is in it."""
        (whole,), at = op.outputs, layout.offset_bytes
        span, joined, joined_bytes = self.spans[whole], [], 0
        for index in op.inputs[: layout.pieces]:
            root, _ = self.root(index)
            # What is part of something bigger, or in here already, stays and is copied.
            is_free = index in self._computed and root != whole
            fits = self._size(root) == self._size(index) and at % _PART_ALIGNMENT_BYTES == 0
            if is_free and fits:
                self._join(root, whole, at)
                joined.append(root)
                joined_bytes += self._size(root)
            at += self._size(index)
        if joined_bytes < self._size(whole):
            self.has_bold |= bool(joined)
            if not self._bold:
                self.spans[whole] = span
                for root in joined:
                    del self._wholes[root]

    def _join(self, part: int, whole: int, at: int) -> None:
        self._wholes[part] = (whole, at)
        (first, last), (whole_first, whole_last) = self.spans[part], self.spans[whole]
        self.spans[whole] = (min(first, whole_first), max(last, whole_last))

    def _size(self, index: int) -> int:
        return self._model.tensors[index].size_bytes


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
    layout = layout_of(model, op) if place == 0 else None
    return 0 if layout is not None and layout.lie is Lie.BEHIND else None


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
