"""BATCH_MATMUL, L2_NORMALIZATION and TRANSPOSE_CONV."""

from __future__ import annotations

import numpy as np

from runicd.model.reference.functions import reciprocal_root_scale
from runicd.model.reference.rounding import Scale, scale_of, wrap
from runicd.model.reference.tensors import Array, Call
from runicd.model.schema import PADDING

_L2_OUTPUT_BITS = 7  # scale 1/128
_LEAST_LENGTH = 1e-6


def l2_normalize(call: Call) -> Array:
    """L2_NORMALIZATION over the last axis; int8 output has scale 1/128 and zero point 0."""
    if call.is_float:
        data = call.value(0).astype(np.float64)
        length = np.sqrt((data * data).sum(-1, keepdims=True))
        return np.asarray(data / np.maximum(length, _LEAST_LENGTH), np.float32)
    centred = call.centred(0)
    result = np.empty_like(centred)
    for row in np.ndindex(centred.shape[:-1]):
        multiplier, shift = reciprocal_root_scale(int((centred[row] ** 2).sum()))
        result[row] = call.requantise(centred[row], Scale(multiplier, shift + _L2_OUTPUT_BITS))
    return np.asarray(np.clip(result, -128, 127), np.int8)


def batch_matmul(call: Call) -> Array:
    """BATCH_MATMUL, either factor turned first if its option says so; batches broadcast."""
    factors = [
        call.value(place).astype(np.float64) if call.is_float else call.centred(place)
        for place in (0, 1)
    ]
    for place, option in enumerate(("adj_x", "adj_y")):
        if call.options[option]:
            factors[place] = np.swapaxes(factors[place], -1, -2)
    product = np.matmul(*factors)
    if call.is_float:
        return np.asarray(product, np.float32)
    ratio = call.input(0).scale * call.input(1).scale / call.output.scale
    scaled = call.requantise(wrap(product), scale_of([ratio]))
    return np.asarray(np.clip(wrap(scaled + call.output.zero_point), -128, 127), np.int8)


def transpose_conv(call: Call) -> Array:
    """TRANSPOSE_CONV: each input pixel is spread over a window of the output."""
    data = call.value(2).astype(np.float64) if call.is_float else call.centred(2)
    weights = call.value(1).astype(data.dtype)
    bias = call.values[3] if len(call.values) > 3 else None
    total = _spread(call, data, weights)
    total = total if bias is None else total + bias
    if call.is_float:
        return call.activated(total)
    ratios = [call.input(2).scale * scale / call.output.scale for scale in call.input(1).scales]
    return call.activated(call.requantise(wrap(total), scale_of(ratios)))


def _spread(call: Call, data: Array, weights: Array) -> Array:
    """Return the sums without bias: taps that fall outside of the output are dropped."""
    _, high, wide, _ = weights.shape
    count, height, width, _ = data.shape
    strides = [int(call.options[f"stride_{axis}"]) for axis in "hw"]
    before = [_padding_before(call, axis, strides[axis - 1]) for axis in (1, 2)]
    sides = [(height - 1) * strides[0] + high, (width - 1) * strides[1] + wide]
    sides = [
        max(one, pad + call.output.shape[i])
        for i, one, pad in zip((1, 2), sides, before, strict=False)
    ]
    total = np.zeros((count, *sides, weights.shape[0]), data.dtype)
    for down, across in np.ndindex(high, wide):
        rows = slice(down, down + height * strides[0], strides[0])
        columns = slice(across, across + width * strides[1], strides[1])
        total[:, rows, columns][:, :height, :width] += data @ weights[:, down, across].T
    ends = [pad + call.output.shape[i] for i, pad in zip((1, 2), before, strict=False)]
    return total[:, before[0] : ends[0], before[1] : ends[1]]


def _padding_before(call: Call, axis: int, stride: int) -> int:
    """Return the padding before, as of a window that slides over the output."""
    size, window = call.output.shape[axis], call.input(1).shape[axis]
    if PADDING[int(call.options["padding"])] == "VALID":
        return 0
    return max((-(-size // stride) - 1) * stride + window - size, 0) // 2
