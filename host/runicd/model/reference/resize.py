"""RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runicd.model.reference.rounding import Integers
from runicd.model.reference.tensors import Array, Call

_ONE = 1 << 10  # int8 positions and shares have 10 bits of fraction


def nearest(call: Call) -> Array:
    """RESIZE_NEAREST_NEIGHBOR."""
    rows, columns = (_nearest(call, axis) for axis in (1, 2))
    return call.value(0)[:, rows][:, :, columns]


def bilinear(call: Call) -> Array:
    """RESIZE_BILINEAR; int8 with shares of 10 bits, halves away from zero."""
    data = call.value(0)
    if call.is_float:
        result = _blend(data.astype(np.float64), _between(call, 1), _between(call, 2), 1.0)
        return np.asarray(result, np.float32)
    total = _blend(data.astype(np.int64), _between_s8(call, 1), _between_s8(call, 2), _ONE)
    rounded = np.sign(total) * ((np.abs(total) + _ONE * _ONE // 2) // (_ONE * _ONE))
    return np.asarray(rounded, np.int8)


Between = tuple[Integers, Integers, Array]


def _blend(data: Array, down: Between, across: Between, one: float) -> Array:
    """Return the weighted sum of four pixels; a share is the weight of the second of two."""
    top, bottom, share = down
    rows = data[:, top] * (one - share)[:, None, None] + data[:, bottom] * share[:, None, None]
    left, right, share = across
    return np.asarray(
        rows[:, :, left] * (one - share)[:, None] + rows[:, :, right] * share[:, None]
    )


def _scale(call: Call, axis: int) -> np.float32:
    before, after = call.input(0).shape[axis], call.output.shape[axis]
    if call.options["align_corners"] and after > 1:
        return np.float32(before - 1) / np.float32(after - 1)
    return np.float32(before) / np.float32(after)


def _nearest(call: Call, axis: int) -> NDArray[np.int64]:
    """Return the input's place for each of the output's, computed in float32."""
    places = np.arange(call.output.shape[axis]).astype(np.float32)
    centre = np.float32(0.5 if call.options["half_pixel_centers"] else 0)
    found = (places + centre) * _scale(call, axis)
    aligned = call.options["align_corners"]
    whole = np.floor(found.astype(np.float64) + 0.5) if aligned else np.floor(found)
    return np.clip(whole.astype(np.int64), 0, call.input(0).shape[axis] - 1)


def _between(call: Call, axis: int) -> Between:
    """Return both neighbours of each of the output's places, and the second one's share."""
    places = np.arange(call.output.shape[axis]).astype(np.float32)
    found = places * _scale(call, axis)
    if call.options["half_pixel_centers"]:
        half = np.float32(0.5)
        found = (places + half) * _scale(call, axis) - half
    last = call.input(0).shape[axis] - 1
    low = np.clip(np.floor(found).astype(np.int64), 0, last)
    high = np.clip(np.ceil(found).astype(np.int64), 0, last)
    return low, high, found.astype(np.float64) - low


def _between_s8(call: Call, axis: int) -> Between:
    before, after = call.input(0).shape[axis], call.output.shape[axis]
    last = before - 1
    if call.options["align_corners"] and after > 1:
        before, after = before - 1, after - 1
    scale = (_ONE * before + after // 2) // after
    found = np.arange(call.output.shape[axis], dtype=np.int64) * scale
    if call.options["half_pixel_centers"]:
        found = found + scale // 2 - _ONE // 2
    low = np.clip(found >> 10, 0, last)
    high = np.clip((found + _ONE - 1) >> 10, 0, last)
    return low, high, found - low * _ONE
