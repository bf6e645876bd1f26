"""RESHAPE, PAD, CONCATENATION, slices, turns, SPLIT, PACK, GATHER: elements are moved only."""

from __future__ import annotations

import numpy as np

from runicd.errors import ModelError
from runicd.model.reference.tensors import Array, Call


def reshape(call: Call) -> Array:
    """Return the input in the shape that the file gives the output."""
    return call.value(0).reshape(call.output.shape)


def pad(call: Call) -> Array:
    """PAD with the output's zero (its zero point), PADV2 with the value of input 2."""
    value = call.values[2] if len(call.values) > 2 else None
    zero = 0.0 if call.is_float else call.output.zero_point
    widths = call.value(1).reshape(-1, 2).astype(np.int64)
    fill = zero if value is None else value.reshape(-1)[0]
    return np.pad(call.value(0), widths.tolist(), constant_values=fill)


def concatenation(call: Call) -> Array:
    """CONCATENATION, which rescales nothing."""
    if any(value is None for value in call.values):
        raise ModelError("an input is missing")
    given = [value for value in call.values if value is not None]
    return np.concatenate(given, axis=int(call.options["axis"]))


def transpose(call: Call) -> Array:
    """TRANSPOSE by a constant order of the dimensions."""
    return np.transpose(call.value(0), _indices(call, 1))


def cut(call: Call) -> Array:
    """SLICE from constant begins; a size of -1 reaches to the end."""
    bounds = zip(_indices(call, 1), _indices(call, 2), strict=True)
    return call.value(0)[
        tuple(slice(begin, None if size == -1 else begin + size) for begin, size in bounds)
    ]


def strided_slice(call: Call) -> Array:
    """STRIDED_SLICE, whose masks say which begins and ends do not count and which axes go."""
    picks: list[slice | int] = []
    lists = [_indices(call, place) for place in (1, 2, 3)]
    for axis, (begin, end, step) in enumerate(zip(*lists, strict=True)):
        masks = {
            name: int(call.options[f"{name}_mask"]) >> axis & 1
            for name in ("begin", "end", "shrink_axis")
        }
        if masks["shrink_axis"]:
            picks.append(0 if masks["begin"] else begin)
        else:
            picks.append(
                slice(None if masks["begin"] else begin, None if masks["end"] else end, step)
            )
    return np.asarray(call.value(0)[tuple(picks)])


def split(call: Call) -> list[Array]:
    """SPLIT into equal parts along the axis that input 0 names."""
    return np.split(call.value(1), len(call.outputs), _indices(call, 0)[0])


def split_v(call: Call) -> list[Array]:
    """SPLIT_V into parts as long as the outputs are."""
    axis = _indices(call, 2)[0]
    ends = np.cumsum([output.shape[axis] for output in call.outputs])
    return np.split(call.value(0), ends[:-1].tolist(), axis)


def unpack(call: Call) -> list[Array]:
    """UNPACK: one output for each place on an axis, which goes."""
    return [np.asarray(part) for part in np.moveaxis(call.value(0), int(call.options["axis"]), 0)]


def pack(call: Call) -> Array:
    """PACK: the inputs along a new axis."""
    return np.stack([call.value(i) for i in range(len(call.values))], int(call.options["axis"]))


def gather(call: Call) -> Array:
    """GATHER along an axis, anew for each batch; a position outside is the nearest inside."""
    data, positions = call.value(0), call.value(1)
    axis = int(call.options["axis"]) % data.ndim
    batch_rank = int(call.options["batch_dims"]) % (positions.ndim + 1)
    inside = np.clip(positions, 0, data.shape[axis] - 1)
    result = np.empty(call.output.shape, data.dtype)
    for batch in np.ndindex(data.shape[:batch_rank]):
        result[batch] = np.take(data[batch], inside[batch], axis - batch_rank)
    return result


def space_to_depth(call: Call) -> Array:
    """SPACE_TO_DEPTH: each block of pixels becomes one, its channels in a row."""
    count, height, width, channels = call.output.shape
    size = int(call.options["block_size"])
    blocks = call.value(0).reshape(count, height, size, width, size, -1)
    return blocks.transpose(0, 1, 3, 2, 4, 5).reshape(count, height, width, channels)


def depth_to_space(call: Call) -> Array:
    """DEPTH_TO_SPACE: each pixel becomes a block, which its channels fill in a row."""
    count, height, width, _ = call.input(0).shape
    size = int(call.options["block_size"])
    blocks = call.value(0).reshape(count, height, width, size, size, -1)
    return blocks.transpose(0, 1, 3, 2, 4, 5).reshape(call.output.shape)


def _indices(call: Call, place: int) -> list[int]:
    """Return a constant list of integers."""
    return [int(one) for one in call.value(place).reshape(-1)]
