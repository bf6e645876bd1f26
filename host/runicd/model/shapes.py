"""The shape of an operator's result, from its inputs' shapes and its options."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from runicd.errors import ModelError
from runicd.model.schema import PADDING

Shape = tuple[int, ...]
Options = Mapping[str, int | float]


def window_count(size: int, window: int, stride: int, dilation: int, padding: int) -> int:
    """How many windows fit along one axis of `size` with `padding` SAME (0) or VALID (1)."""
    if PADDING[padding] == "SAME":
        return -(-size // stride)
    return -(-(size - (window - 1) * dilation) // stride)


def _image(shape: Shape, height: int, width: int, options: Options, channels: int) -> Shape:
    def along(size: int, window: int, axis: str) -> int:
        stride, dilation = (
            int(options[f"stride_{axis}"]),
            int(options.get(f"dilation_{axis}", 1)),
        )
        return window_count(size, window, stride, dilation, int(options["padding"]))

    return (
        shape[0],
        along(shape[1], height, "h"),
        along(shape[2], width, "w"),
        channels,
    )


def _conv(shapes: Sequence[Shape], options: Options, _values: Sequence[Any]) -> Shape:
    channels, height, width = shapes[1][:3]
    return _image(shapes[0], height, width, options, channels)


def _depthwise(shapes: Sequence[Shape], options: Options, _values: Sequence[Any]) -> Shape:
    return _image(shapes[0], shapes[1][1], shapes[1][2], options, shapes[1][3])


def _pool(shapes: Sequence[Shape], options: Options, _values: Sequence[Any]) -> Shape:
    height, width = int(options["filter_h"]), int(options["filter_w"])
    return _image(shapes[0], height, width, options, shapes[0][3])


def _fully_connected(shapes: Sequence[Shape], options: Options, _values: Sequence[Any]) -> Shape:
    units, depth = shapes[1]
    if options["keep_num_dims"]:
        return (*shapes[0][:-1], units)
    return (math.prod(shapes[0]) // depth, units)


def _broadcast(shapes: Sequence[Shape], _options: Options, _values: Sequence[Any]) -> Shape:
    rank = max(map(len, shapes))
    padded = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    if any(len(set(sizes) - {1}) > 1 for sizes in zip(*padded, strict=True)):
        raise ModelError(f"the shapes {[list(shape) for shape in shapes]} do not broadcast")
    return tuple(map(max, zip(*padded, strict=True)))


def _concatenation(shapes: Sequence[Shape], options: Options, _values: Sequence[Any]) -> Shape:
    axis = int(options["axis"]) % len(shapes[0])
    joined = sum(shape[axis] for shape in shapes)
    return (*shapes[0][:axis], joined, *shapes[0][axis + 1 :])


def _same(shapes: Sequence[Shape], _options: Options, _values: Sequence[Any]) -> Shape:
    return shapes[0]


def _reshape(shapes: Sequence[Shape], _options: Options, values: Sequence[Any]) -> Shape:
    wanted = [int(size) for size in values[1]]
    known = math.prod(size for size in wanted if size != -1)
    return tuple(math.prod(shapes[0]) // known if size == -1 else size for size in wanted)


def _pad(shapes: Sequence[Shape], _options: Options, values: Sequence[Any]) -> Shape:
    amounts = zip(shapes[0], values[1], strict=True)
    return tuple(int(size + before + after) for size, (before, after) in amounts)


def _reduced(shapes: Sequence[Shape], options: Options, values: Sequence[Any]) -> Shape:
    axes = {int(axis) % len(shapes[0]) for axis in values[1]}
    if options["keep_dims"]:
        return tuple(1 if i in axes else size for i, size in enumerate(shapes[0]))
    return tuple(size for i, size in enumerate(shapes[0]) if i not in axes)


def _without_axis(shapes: Sequence[Shape], _options: Options, values: Sequence[Any]) -> Shape:
    axis = int(values[1][0]) % len(shapes[0])
    return (*shapes[0][:axis], *shapes[0][axis + 1 :])


def _matmul(shapes: Sequence[Shape], options: Options, values: Sequence[Any]) -> Shape:
    rows = shapes[0][-1 if options["adj_x"] else -2]
    columns = shapes[1][-2 if options["adj_y"] else -1]
    batches = _broadcast([shape[:-2] for shape in shapes], options, values)
    return (*batches, rows, columns)


def _asked_for(_shapes: Sequence[Shape], _options: Options, values: Sequence[Any]) -> Shape:
    return tuple(int(size) for size in values[0])


def _expand_dims(shapes: Sequence[Shape], _options: Options, values: Sequence[Any]) -> Shape:
    axis = int(values[1][0]) % (len(shapes[0]) + 1)
    return (*shapes[0][:axis], 1, *shapes[0][axis:])


def _squeeze(shapes: Sequence[Shape], _options: Options, _values: Sequence[Any]) -> Shape:
    return tuple(size for size in shapes[0] if size != 1)


def _transpose(shapes: Sequence[Shape], _options: Options, values: Sequence[Any]) -> Shape:
    return tuple(shapes[0][int(axis)] for axis in values[1])


def _slice(shapes: Sequence[Shape], _options: Options, values: Sequence[Any]) -> Shape:
    bounds = zip(shapes[0], values[1], values[2], strict=True)
    return tuple(int(dim - begin if size == -1 else size) for dim, begin, size in bounds)


def _strided_slice(shapes: Sequence[Shape], options: Options, values: Sequence[Any]) -> Shape:
    result = []
    for axis, bounds in enumerate(zip(*values[1:4], strict=True)):
        begin, end, step = map(int, bounds)
        masks = [int(options[f"{name}_mask"]) >> axis & 1 for name in ("begin", "end")]
        picked = slice(None if masks[0] else begin, None if masks[1] else end, step)
        if not int(options["shrink_axis_mask"]) >> axis & 1:
            result.append(len(range(*picked.indices(shapes[0][axis]))))
    return (*result, *shapes[0][len(values[1]) :])


def _pack(shapes: Sequence[Shape], options: Options, _values: Sequence[Any]) -> Shape:
    axis = int(options["axis"]) % (len(shapes[0]) + 1)
    return (*shapes[0][:axis], len(shapes), *shapes[0][axis:])


def _gather(shapes: Sequence[Shape], options: Options, _values: Sequence[Any]) -> Shape:
    axis = int(options["axis"]) % len(shapes[0])
    batch_rank = int(options["batch_dims"]) % (len(shapes[1]) + 1)
    return (*shapes[0][:axis], *shapes[1][batch_rank:], *shapes[0][axis + 1 :])


def _space_to_depth(shapes: Sequence[Shape], options: Options, _values: Sequence[Any]) -> Shape:
    count, height, width, channels = shapes[0]
    size = int(options["block_size"])
    return (count, height // size, width // size, channels * size * size)


def _depth_to_space(shapes: Sequence[Shape], options: Options, _values: Sequence[Any]) -> Shape:
    count, height, width, channels = shapes[0]
    size = int(options["block_size"])
    return (count, height * size, width * size, channels // (size * size))


def _resize(shapes: Sequence[Shape], _options: Options, values: Sequence[Any]) -> Shape:
    height, width = map(int, values[1])
    return (shapes[0][0], height, width, shapes[0][3])


_BROADCASTING = (
    *("ADD", "MUL", "SUB", "MAXIMUM", "MINIMUM", "PRELU"),
    *("EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL"),
)
_RULES: dict[str, Callable[[Sequence[Shape], Options, Sequence[Any]], Shape]] = {
    "CONV_2D": _conv,
    "DEPTHWISE_CONV_2D": _depthwise,
    "AVERAGE_POOL_2D": _pool,
    "MAX_POOL_2D": _pool,
    "FULLY_CONNECTED": _fully_connected,
    **dict.fromkeys(_BROADCASTING, _broadcast),
    "CONCATENATION": _concatenation,
    "RESHAPE": _reshape,
    "PAD": _pad,
    "PADV2": _pad,
    **dict.fromkeys(("MEAN", "SUM", "REDUCE_MAX"), _reduced),
    **dict.fromkeys(("ARG_MAX", "ARG_MIN"), _without_axis),
    "BATCH_MATMUL": _matmul,
    "TRANSPOSE_CONV": _asked_for,
    "EXPAND_DIMS": _expand_dims,
    "SQUEEZE": _squeeze,
    "TRANSPOSE": _transpose,
    "SLICE": _slice,
    "STRIDED_SLICE": _strided_slice,
    "PACK": _pack,
    "GATHER": _gather,
    "SPACE_TO_DEPTH": _space_to_depth,
    "DEPTH_TO_SPACE": _depth_to_space,
    "RESIZE_BILINEAR": _resize,
    "RESIZE_NEAREST_NEIGHBOR": _resize,
}


def result_shape(
    name: str, shapes: Sequence[Shape], options: Options, values: Sequence[Any]
) -> Shape:
    """The shape that operator `name` computes.

    `values` holds, for each input, the elements of a constant or None, which RESHAPE, PAD, MEAN
    and others read. SPLIT, SPLIT_V and UNPACK have several results and no rule here. Raises
    ModelError when the inputs do not fit together.
    """
    try:
        return _RULES.get(name, _same)(shapes, options, values)
    except (IndexError, ValueError, TypeError) as error:
        raise ModelError(
            f"{name} does not take inputs of the shapes {[list(shape) for shape in shapes]}"
        ) from error
