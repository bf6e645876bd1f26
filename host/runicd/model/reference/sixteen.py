"""What int16 data needs of its own: sums of 64 bits, and functions by interpolation in tables."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np

from runicd.errors import ModelError
from runicd.model.reference.rounding import Integers, Scale, wrap
from runicd.model.reference.tensors import Array

EXPONENT_STEP = 10.0 / 65535.0
"""What differences to a row's maximum are counted in by SOFTMAX."""
_WIDE_MAX_SHIFT = 7
_NARROW_MULTIPLIER_MAX = 2**15 - 1
_SIGMOID_STEPS = 3.0 * 4096.0  # in 1, of the table's places
_SIGMOID_BITS = 12
_ENTRIES = 512  # intervals of SOFTMAX's tables
_INTERVAL_BITS = 7
# The logistic function of i / 24 as Q0.16, rounded, and one more where the reference has it.
_ONE_MORE = np.array(
    [
        4, 8, 12, 14, 15, 16, 17, 19, 20, 21, 22, 25, 27, 28, 29, 30, 31, 33, 34, 35, 37, 39,
        40, 41, 43, 44, 45, 46, 49, 50, 54, 62, 63, 64, 66, 82, 86, 93, 100, 103, 112, 116,
        135, 255
    ]
)  # fmt: skip
_TABLE = np.floor(65536 / (1 + np.exp(-np.arange(256) / 24)) + 0.5).astype(np.int64)
_TABLE[_ONE_MORE] += 1


def requantise_wide(value: Integers, scale: Scale) -> Integers:
    """Return sums of 64 bits at the output's scale: 15 bits of multiplier, rounded once.

    Raises ModelError for a scale of 128 and more.
    """
    multiplier = np.asarray(scale.multiplier, np.int64)
    right = 15 - np.asarray(scale.shift, np.int64)
    if (right < 15 - _WIDE_MAX_SHIFT).any():
        raise ModelError("scales are too far apart")
    narrow = np.minimum((multiplier + 2**15) >> 16, _NARROW_MULTIPLIER_MAX)
    return wrap((value * narrow + (1 << right - 1)) >> right)


def logistic(values: Array, scale: float) -> Array:
    """Return the logistic function of int16 values with a scale of 1/32768."""
    return logistic_at(_places(values, scale, 0)).astype(np.int16)


def tanh(values: Array, scale: float) -> Array:
    """Return the hyperbolic tangent of int16 values with a scale of 1/32768."""
    return tanh_at(_places(values, scale, 1)).astype(np.int16)


def logistic_at(place: Integers) -> Integers:
    """Return the logistic function as Q0.15; a place is 1 / 12288."""
    result = _interpolated(place, 9, 0x7FFF << 10)
    return np.where(place >= 0, result + (1 << 9), (1 << 25) - result + (1 << 9) - 1) >> 10


def tanh_at(place: Integers) -> Integers:
    """Return the hyperbolic tangent as Q0.15; a place is 1 / 12288."""
    result = _interpolated(place, 8, 0xFFFF << 8) - (1 << 23)
    return np.where(place >= 0, result + (1 << 7), -result + (1 << 7) - 1) >> 8


def softmax(differences: Integers) -> Array:
    """Return SOFTMAX over the last axis with a scale of 1/32768.

    `differences` are those to the row's maximum, in EXPONENT_STEPs.
    """
    powers = _between(_exponentials(), differences + 2**15 - 1)
    total = powers.sum(-1, keepdims=True)
    zeros = 31 - np.floor(np.log2(total)).astype(np.int64)
    one_to_two = ((total << zeros - 1) + (1 << 13)) >> 14
    reciprocal = _between(_reciprocals(), one_to_two - 2**16 - 2**15)
    shift = 31 - zeros
    result = (powers * reciprocal + (1 << shift - 1)) >> shift
    return np.asarray(np.clip(result, 0, 2**15 - 1), np.int16)


def _places(values: Array, scale: float, most: int) -> Integers:
    """Return values as places; a scale of 2^-12, and `most` times 2 that, is taken as it is."""
    real = math.log2(scale)
    shift = round(real) + _SIGMOID_BITS
    if abs(real - round(real)) < 1e-3 and 0 <= shift <= most:
        return values.astype(np.int64) * (3 << shift)
    multiplier, right = scale * _SIGMOID_STEPS, 0
    while multiplier <= 32767.0 / 2 and right < 31:
        multiplier, right = multiplier * 2, right + 1
    if multiplier > 32767.0:
        raise ModelError("scale is too large")
    return (values.astype(np.int64) * int(multiplier) + ((1 << right) >> 1)) >> right


def _interpolated(place: Integers, fraction_bits: int, last: int) -> Integers:
    """Return the table's value at a place with so many bits of fraction, `last` from entry 255."""
    size = np.abs(place)
    entry = np.minimum(size >> fraction_bits, 254)
    low, high = _TABLE[entry], _TABLE[entry + 1]
    result = (low << fraction_bits) + (size & ((1 << fraction_bits) - 1)) * (high - low)
    return np.where(size >> fraction_bits >= 255, last, result)


def _between(table: Integers, values: Integers) -> Integers:
    """Return what a table of SOFTMAX has at int16 values, between its entries."""
    clipped = np.clip(values, -(2**15), 2**15 - 1)
    entry = (clipped >> _INTERVAL_BITS) + _ENTRIES // 2
    rest = clipped & ((1 << _INTERVAL_BITS) - 1)
    rise = (table[entry + 1] - table[entry]) * rest
    return np.asarray(table[entry] + ((rise + (1 << _INTERVAL_BITS - 1)) >> _INTERVAL_BITS))


@cache
def _exponentials() -> Integers:
    """Return exp(x) as Q0.15 for 512 steps of x from -10 to 0."""
    return _table(10.0, 2**15 - 1, lambda x: np.float32(math.exp(x)))


@cache
def _reciprocals() -> Integers:
    """Return 1 / (1 + x) as Q0.15 for 512 steps of x from 0 to 1."""
    return _table(1.0, -(2**15), lambda x: np.float32(1) / (np.float32(1) + x))


def _table(span: float, zero_point: int, function: Callable[[np.float32], np.float32]) -> Integers:
    """Return a function's values as Q0.15, in float32 all along, as the reference has them.

    Each is moved by half of what a straight line to the next one misses halfway.
    """
    f32 = np.float32
    scale, out = f32(span) / f32(65535), f32(2) / f32(65535)
    start, end = scale * f32(-(2**15) - zero_point), scale * f32(2**15 - 1 - zero_point)
    steps = f32(65536) / (out * f32(2**15 - 1) - out * f32(-(2**15)))
    step = (end - start) / f32(_ENTRIES)
    entries = []
    for i in range(_ENTRIES):
        here = start + f32(i) * step
        value, after = function(here), function(start + f32(i + 1) * step)
        middle = _rounded(function(here + step / f32(2)) * steps)
        straight = _rounded((after * steps + _rounded(value * steps)) / f32(2))
        entries.append(_rounded(value * steps) - _rounded((straight - middle) / f32(2)))
    entries.append(_rounded(function(end) * steps))
    return np.clip(np.array(entries), -(2**15), 2**15 - 1).astype(np.int64)


def _rounded(value: np.float32) -> np.float32:
    """Return the nearest integer, halves away from zero."""
    return np.float32(math.copysign(math.floor(abs(float(value)) + 0.5), float(value)))
