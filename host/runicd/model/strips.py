"""Ops that run strip by strip, a few rows of an image at a time: the firmware's `nn_strips.c`.

A file asks for it by metadata of the name RunicStrips. Of what these ops make, only those rows are
kept that the next strip reads again, so that no row is computed twice, and none of their tensors
is there as a whole but the first op's input and the last one's output.

Rows are counted in the whole image.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from runicd.model.metadata import with_metadata
from runicd.model.read_tflite import ABSENT, Model, Op, Strips, Tensor, read_tflite
from runicd.model.schema import STRIPS_NAME, STRIPS_VERSION

LEAST_OPS, MOST_OPS = 2, 32
MOST_STRIPS = 1024
_MOST_ROWS = (1 << 16) - 1
_LEAST_TARGET = -(1 << 17)
_FILTERED = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D"})
_POOLED = frozenset({"AVERAGE_POOL_2D", "MAX_POOL_2D"})
_ELEMENTS = frozenset({"f32", "i8"})
_IMAGE_RANK = 4
_SAME, _VALID = 0, 1


@dataclass(frozen=True, slots=True)
class Window:
    """How an op goes over its input's rows: what a window spans, and the padding before them."""

    reach: int
    stride: int
    before: int


@dataclass(frozen=True, slots=True)
class Kept:
    """What strips keep: from `source` to `result`, rows of each tensor between, by its index.

    `runs` are the numbers of the ops in the order in which they run in one call, `moved_bytes` is
    what is moved to be read again.
    """

    source: int
    result: int
    rows: Mapping[int, int]
    runs: tuple[int, ...]
    moved_bytes: int


@dataclass(slots=True)
class _OpRows:
    """One op: its output's rows up to `made` are made, up to `target` are to be made."""

    op: Op
    window: Window
    height: int
    makers: tuple[int, ...]
    made: int = 0
    target: int = 0
    kept: int = 0
    room: int = 0

    def read_by(self, first: int, end: int) -> tuple[int, int]:
        """Return the input's rows that windows over these of the output see, without padding."""
        start = first * self.window.stride - self.window.before
        stop = (end - 1) * self.window.stride - self.window.before + self.window.reach
        return max(start, 0), min(stop, self.height)


def is_spec(strips: Strips, ops: int) -> bool:
    """Whether metadata is of a size that counts, for a model of so many ops."""
    count = strips.end - strips.first
    is_size = LEAST_OPS <= count <= MOST_OPS and 1 <= strips.rows <= _MOST_ROWS
    return is_size and strips.first >= 0 and strips.end <= ops


def keep_rows(model: Model, strips: Strips | None) -> Kept | None:
    """Return what is kept when `model` runs in strips; None where it cannot, or need not."""
    if strips is None or not is_spec(strips, len(model.ops)):
        return None
    rows: list[_OpRows] = []
    for number in range(strips.first, strips.end):
        one = _op_rows(model, strips, number, rows)
        if one is None:
            return None
        rows.append(one)
    result = rows[-1].op.outputs[0]
    height = model.tensors[result].shape[1]
    if height > MOST_STRIPS * strips.rows:
        return None
    return _go_through(model, strips, rows, height)


def _go_through(model: Model, strips: Strips, rows: list[_OpRows], height: int) -> Kept:
    """Go through all strips without running anything."""
    runs: list[int] = []
    moved_bytes = early = 0
    while early < MOST_STRIPS and _aim(rows, -early * strips.rows) > 0:
        early += 1
    for end in range((1 - early) * strips.rows, height + strips.rows, strips.rows):
        _aim(rows, min(end, height))
        for place, one in enumerate(rows):
            if one.target <= one.made:
                continue
            needed = _first_needed(rows, place)
            if needed > one.kept and place < len(rows) - 1:
                tensor = model.tensors[one.op.outputs[0]]
                moved_bytes += (one.made - needed) * (tensor.size_bytes // tensor.shape[1])
            runs.append(strips.first + place)
            one.kept = needed
            one.room = max(one.room, one.target - needed)
            one.made = one.target
    inner = {one.op.outputs[0]: one.room for one in rows[:-1]}
    return Kept(rows[0].op.inputs[0], rows[-1].op.outputs[0], inner, tuple(runs), moved_bytes)


def run_order(model: Model) -> tuple[int, ...]:
    """Return the numbers of the ops in the order in which they run in one call."""
    numbers = range(len(model.ops))
    kept = keep_rows(model, model.strips)
    if kept is None or model.strips is None:
        return tuple(numbers)
    return (*numbers[: model.strips.first], *kept.runs, *numbers[model.strips.end :])


def _aim(rows: list[_OpRows], end: int) -> int:
    """Find what each op must have made before the last one can make its rows up to `end`.

    That may be below 0: then ops before it begin already, so that none has to make more rows in
    the first strip than in others. Returns the most that any op has to have made.
    """
    for one in rows:
        one.target = _LEAST_TARGET
    rows[-1].target = max(end, _LEAST_TARGET)
    for one in reversed(rows):
        stop = (one.target - 1) * one.window.stride - one.window.before + one.window.reach
        read = max(min(stop, one.height), _LEAST_TARGET)
        for maker in one.makers:
            rows[maker].target = max(rows[maker].target, read)
    return max(0, *(one.target for one in rows))


def _first_needed(rows: list[_OpRows], place: int) -> int:
    """Return the first row of an op's output that is still to be read, of those that are made."""
    readers = [one for one in rows[place + 1 :] if place in one.makers]
    return min([rows[place].made, *(one.read_by(one.made, one.made + 1)[0] for one in readers)])


def _op_rows(model: Model, strips: Strips, number: int, before: list[_OpRows]) -> _OpRows | None:
    """Return an op that may run in strips; None for one that may not."""
    op = model.ops[number]
    if len(op.outputs) != 1 or not _is_image(model, op.outputs[0]):
        return None
    count = 2 if op.name == "ADD" else 1
    images = op.inputs[:count]
    if len(images) < count or not all(_is_image(model, index) for index in images):
        return None
    output = model.tensors[op.outputs[0]]
    is_alike = all(model.tensors[index].element == output.element for index in images)
    rest = [model.tensors[index] for index in op.inputs[count:] if index != ABSENT]
    window = _window(model, op)
    if not is_alike or window is None or not all(tensor.is_constant for tensor in rest):
        return None
    makers = _makers(model, strips, images, before)
    if makers is None or not _stays_inside(model, strips, number):
        return None
    return _OpRows(op, window, model.tensors[images[0]].shape[1], makers)


def _is_image(model: Model, index: int) -> bool:
    if index == ABSENT:
        return False
    tensor: Tensor = model.tensors[index]
    is_shape = len(tensor.shape) == _IMAGE_RANK and tensor.shape[0] == 1
    is_type = tensor.element in _ELEMENTS and not tensor.is_constant and not tensor.is_variable
    return is_shape and is_type and 1 <= tensor.shape[1] <= _MOST_ROWS


def _makers(
    model: Model, strips: Strips, images: tuple[int, ...], before: list[_OpRows]
) -> tuple[int, ...] | None:
    """Return which of the ops before made the images, without the tensor that comes in."""
    outputs = [one.op.outputs[0] for one in before]
    source = model.ops[strips.first].inputs[0]
    if any(index not in outputs and index != source for index in images):
        return None
    return tuple(outputs.index(index) for index in images if index in outputs)


def _stays_inside(model: Model, strips: Strips, number: int) -> bool:
    """Whether only the strips' ops read what this one makes, unless it is the last."""
    if number == strips.end - 1:
        return True
    index = model.ops[number].outputs[0]
    readers = [at for at, op in enumerate(model.ops) if index in op.inputs]
    return bool(readers) and readers[-1] < strips.end and index not in model.outputs


def _window(model: Model, op: Op) -> Window | None:
    given, output = model.tensors[op.inputs[0]], model.tensors[op.outputs[0]]
    if op.name == "ADD":
        is_same = {model.tensors[index].shape for index in op.inputs} == {output.shape}
        return Window(1, 1, 0) if is_same else None
    filter_rows, dilation = 0, 1
    if op.name in _POOLED:
        filter_rows = int(op.options["filter_h"])
    elif op.name in _FILTERED and len(op.inputs) > 1 and op.inputs[1] != ABSENT:
        weights = model.tensors[op.inputs[1]]
        filter_rows = weights.shape[1] if len(weights.shape) == _IMAGE_RANK else 0
        dilation = int(op.options["dilation_h"])
    return _resolved(op, given.shape[1], output.shape[1], filter_rows, dilation)


def _resolved(op: Op, height: int, made: int, filter_rows: int, dilation: int) -> Window | None:
    stride = int(op.options.get("stride_h", 0))
    reach, padding = (filter_rows - 1) * dilation + 1, op.options.get("padding")
    if min(filter_rows, dilation, stride) < 1 or max(reach, stride) > _MOST_ROWS:
        return None
    rows = (
        (height + stride - 1) // stride
        if padding == _SAME
        else (height + stride - reach) // stride
    )
    missing = (rows - 1) * stride + reach - height
    is_right = padding in {_SAME, _VALID} and rows == made
    return Window(reach, stride, max(missing, 0) // 2) if is_right else None


def with_strips(data: bytes, strips: Strips | None) -> bytes:
    """Return the file `data` with metadata that asks for these strips, instead of what it has.

    A file that has none stays as it is without strips.
    """
    if strips is None and read_tflite(data).strips is None:
        return data
    numbers = (0, 0, 0) if strips is None else (strips.first, strips.end, strips.rows)
    return with_metadata(data, STRIPS_NAME, struct.pack("<4I", STRIPS_VERSION, *numbers))
