"""CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED and the pools: whatever sums over a window.

Sums of integers' products are exact in float64 (they stay far below 2^53), which numpy adds
quickest.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from runicd.model.reference.rounding import scale_of, wrap
from runicd.model.reference.sixteen import requantise_wide
from runicd.model.reference.tensors import INTEGER_RANGES, Array, Call
from runicd.model.schema import PADDING


def conv(call: Call) -> Array:
    """CONV_2D, grouped where the filter has fewer input channels than the input."""
    data, filters = _operands(call)
    groups = data.shape[3] // filters.shape[3]
    each = filters.shape[0] // groups
    total = np.zeros(call.output.shape)
    for y, x, part in _taps(call, data, filters.shape[1:3], 0.0):
        for group in range(groups):
            channels = slice(group * filters.shape[3], (group + 1) * filters.shape[3])
            outputs = slice(group * each, (group + 1) * each)
            total[..., outputs] += part[..., channels] @ filters[outputs, y, x].T
    return _finish(call, total)


def depthwise(call: Call) -> Array:
    """DEPTHWISE_CONV_2D: every input channel has as many outputs as the multiplier says."""
    data, filters = _operands(call)
    repeated = np.repeat(data, filters.shape[3] // data.shape[3], axis=3)
    total = np.zeros(call.output.shape)
    for y, x, part in _taps(call, repeated, filters.shape[1:3], 0.0):
        total += part * filters[0, y, x]
    return _finish(call, total)


def dense(call: Call) -> Array:
    """FULLY_CONNECTED: rows as long as the filter's."""
    data, filters = _operands(call)
    if not call.is_float:
        filters = filters - call.input(1).zero_point
    total = data.reshape(-1, filters.shape[1]) @ filters.T
    return _finish(call, total).reshape(call.output.shape)


def max_pool(call: Call) -> Array:
    """MAX_POOL_2D; the padding is never the largest."""
    lowest = -np.inf if call.is_float else float(INTEGER_RANGES[call.output.element][0])
    shape = int(call.options["filter_h"]), int(call.options["filter_w"])
    most = np.full(call.output.shape, lowest)
    for _, _, part in _taps(call, call.value(0).astype(np.float64), shape, lowest):
        most = np.maximum(most, part)
    return _pooled(call, most)


def average_pool(call: Call) -> Array:
    """AVERAGE_POOL_2D; the padding does not count. int8: halves away from zero."""
    shape = int(call.options["filter_h"]), int(call.options["filter_w"])
    data = call.value(0).astype(np.float64)
    total, area = np.zeros(call.output.shape), np.zeros(call.output.shape)
    ones = np.ones_like(data)
    for _, _, part in _taps(call, data, shape, 0.0):
        total += part
    for _, _, part in _taps(call, ones, shape, 0.0):
        area += part
    if call.is_float:
        return _pooled(call, total / area)
    return _pooled(call, np.copysign(np.floor((np.abs(total) + area // 2) / area), total))


def _operands(call: Call) -> tuple[Array, Array]:
    """Return input and filter as float64, the input less its zero point."""
    data = call.value(0) if call.is_float else call.centred(0)
    return data.astype(np.float64), call.value(1).astype(np.float64)


def _taps(
    call: Call, data: Array, window: tuple[int, ...], fill: float
) -> Iterator[tuple[int, int, Array]]:
    """Yield for each place of the window what every output sees there, `fill` in the padding."""
    spans = [_span(call, axis, data.shape[1 + axis], window[axis]) for axis in (0, 1)]
    padding = [(before, max(0, after)) for before, after, _, _ in spans]
    padded = np.pad(data, [(0, 0), *padding, (0, 0)], constant_values=fill)
    (_, _, down, rows), (_, _, across, columns) = spans
    for y in range(window[0]):
        for x in range(window[1]):
            top, left = y * rows, x * columns
            bottom = top + (call.output.shape[1] - 1) * down + 1
            right = left + (call.output.shape[2] - 1) * across + 1
            yield y, x, padded[:, top:bottom:down, left:right:across]


def _span(call: Call, axis: int, length: int, window: int) -> tuple[int, int, int, int]:
    """Return the padding before and after, the stride and the dilation along an axis."""
    side = "hw"[axis]
    stride = int(call.options[f"stride_{side}"])
    dilation = int(call.options.get(f"dilation_{side}", 1))
    reach = (window - 1) * dilation + 1
    missing = (call.output.shape[1 + axis] - 1) * stride + reach - length
    is_same = PADDING[int(call.options["padding"])] == "SAME"
    before = max(0, missing) // 2 if is_same else 0
    return before, missing - before, stride, dilation


def _finish(call: Call, total: Array) -> Array:
    """Add the bias, scale integers' sums channel by channel, and clamp.

    Sums of int16 data have 64 bits unless the bias has 32; all others wrap around at 32.
    """
    if call.is_float:
        return call.activated(total + call.bias())
    ratio = float(np.float64(call.input(0).scale))
    output = float(call.output.scale)
    scale = scale_of([ratio * each / output for each in call.input(1).scales])
    sums = total.astype(np.int64) + call.bias()
    if call.input(0).element == "i16" and call.bias().dtype == np.int64:
        return call.activated(requantise_wide(sums, scale))
    return call.activated(call.requantise(wrap(sums), scale))


def _pooled(call: Call, values: Array) -> Array:
    """Clamp; integers have the output's zero point already, as they had the input's."""
    return call.activated(values if call.is_float else values - call.output.zero_point)
