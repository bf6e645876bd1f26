"""ABS, CAST, ELU, EXP, HARD_SWISH, LEAKY_RELU, LOG, NEG, RSQRT, SQRT: one number to one."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np

from runicd.model.reference import fixedpoint
from runicd.model.reference.rounding import (
    Integers,
    Scale,
    divide_power_of_two,
    multiply_high,
    quantise_multiplier,
    scale_of,
    wrap,
)
from runicd.model.reference.tensors import DTYPES, INTEGER_RANGES, Array, Call

_ROOT_HEADROOM = 20
_ROOT_STEPS = 5
_ROOT_HALF_THREE = (1 << 28) + (1 << 27)  # 1.5 as Q3.28
_ROOT_HALF_OF_TWO = 1518500250  # sqrt(2) / 2 as Q0.31


def of_float(function: Callable[[Array], Array]) -> Callable[[Call], Array]:
    """Return the kernel of a float32 function, computed in float64."""

    def apply(call: Call) -> Array:
        with np.errstate(all="ignore"):
            return np.asarray(function(call.value(0).astype(np.float64)), np.float32)

    return apply


def absolute(call: Call) -> Array:
    """ABS; integers are rescaled to the output."""
    if call.is_float:
        return np.abs(call.value(0))
    scale = scale_of([call.input(0).scale / call.output.scale])
    return _finished(call, call.requantise(np.abs(call.centred(0)), scale))


def leaky_relu(call: Call) -> Array:
    """LEAKY_RELU; integers are rescaled to the output."""
    data, alpha = call.value(0), np.float32(call.options["alpha"])
    if call.is_float:
        return np.where(data > 0, data, data * alpha)
    given, made = call.input(0).scale, call.output.scale
    above = call.requantise(call.centred(0), scale_of([given / made]))
    below = call.requantise(call.centred(0), scale_of([given * float(alpha) / made]))
    return _finished(call, np.where(call.centred(0) >= 0, above, below))


def elu(call: Call) -> Array:
    """ELU; int8 goes through float32."""
    data = call.value(0)
    if call.is_float:
        negative = np.expm1(np.minimum(data, 0).astype(np.float64))
        return np.where(data < 0, negative.astype(np.float32), data)
    real = np.float32(call.input(0).scale) * call.centred(0).astype(np.float32)
    powers = np.exp(np.minimum(real, 0).astype(np.float64)).astype(np.float32)
    made = np.where(real < 0, powers - np.float32(1), real)
    with np.errstate(all="ignore"):
        steps = made * (np.float32(1) / np.float32(call.output.scale))
    steps = np.clip(np.nan_to_num(steps, nan=-1000.0), -1000, 1000)
    rounded = np.copysign(np.floor(np.abs(steps.astype(np.float64)) + 0.5), steps)
    return _finished(call, rounded.astype(np.int64))


def hard_swish(call: Call) -> Array:
    """HARD_SWISH: x * clamp(x + 3, 0, 6) / 6; int8 in 16-bit fixed point."""
    if call.is_float:
        data = call.value(0)
        return data * np.clip(data + np.float32(3), np.float32(0), np.float32(6)) / np.float32(6)
    raised_scale = call.input(0).scale / 128
    multiplier, shift = _narrow(raised_scale / call.output.scale)
    raised = call.centred(0) << 7
    unshifted = _multiply_high_16(raised, multiplier)
    gate = (_gate(raised, raised_scale / (3 / 32768)) + 2**15) >> 1
    product = gate * unshifted
    towards_zero = np.sign(product) * (np.abs(product) >> 15)
    return _finished(call, _divide_power_of_two_16(towards_zero, -shift))


def reciprocal_root(call: Call) -> Array:
    """RSQRT; int8 by Newton's steps, with 127 for what is not above 0."""
    if call.is_float:
        with np.errstate(all="ignore"):
            return np.asarray(np.float32(1) / np.sqrt(call.value(0)))
    real = 1.0 / (math.sqrt(call.input(0).scale) * call.output.scale)
    multiplier, shift = quantise_multiplier(real)
    centred = call.centred(0)
    result = np.zeros_like(centred)
    for value in np.unique(centred[centred > 0]):
        root = reciprocal_root_scale(int(value))
        raised = call.requantise(np.ones(1, np.int64), Scale(root[0], root[1] + _ROOT_HEADROOM))
        scaled = call.requantise(raised, Scale(multiplier, shift - _ROOT_HEADROOM))
        result[centred == value] = scaled[0]
    return np.where(centred > 0, _finished(call, result), np.int8(127))


def cast(call: Call) -> Array:
    """CAST: integers keep their low bits; float32 goes towards zero and saturates, NaN to 0."""
    data, kind = call.value(0), call.output.element
    if not call.is_float or kind in ("f32", "bool"):
        return data.astype(DTYPES[kind])
    ends = np.iinfo(DTYPES[kind])
    whole = np.trunc(np.nan_to_num(data.astype(np.float64), nan=0.0))
    return np.clip(whole, ends.min, ends.max).astype(DTYPES[kind])


@cache
def reciprocal_root_scale(value: int) -> tuple[int, int]:
    """Return 1 / sqrt(value) as multiplier and shift; a value below 1 counts as 1."""
    if value <= 1:
        return fixedpoint.ONE, 0
    shift = -11
    while value >= 1 << 29:
        value, shift = value // 4, shift - 1
    while value < 1 << 27:
        value, shift = value * 4, shift + 1
    given = np.asarray(value >> 1, np.int64)
    half, root = divide_power_of_two(given, 1), np.asarray(1 << 28, np.int64)
    for _ in range(_ROOT_STEPS):
        cube = fixedpoint.shift_left(multiply_high(multiply_high(root, root), root), 6)
        root = multiply_high(_ROOT_HALF_THREE, root) - multiply_high(half, cube)
        root = fixedpoint.shift_left(root, 3)
    multiplier = int(multiply_high(root, _ROOT_HALF_OF_TWO))
    return (multiplier << shift, 0) if shift > 0 else (multiplier, shift)


def _finished(call: Call, values: Integers) -> Array:
    """Return quantised results, their zero point added."""
    ends = INTEGER_RANGES[call.output.element]
    clipped = np.clip(wrap(values + call.output.zero_point), *ends)
    return np.asarray(clipped, DTYPES[call.output.element])


def _narrow(real: float) -> tuple[int, int]:
    """Return a real as a multiplier of 16 bits and a shift."""
    multiplier, shift = quantise_multiplier(real)
    return min((multiplier + 2**15) >> 16, 2**15 - 1), shift


def _gate(raised: Integers, real: float) -> Integers:
    """Return values at the scale at which 3.0 is 2^15, saturated to 16 bits."""
    multiplier, shift = _narrow(real)
    if shift > 1:
        raised = _saturated_16(raised << (shift - 1))
    gate = _multiply_high_16(raised, multiplier)
    if shift > 0:
        gate = _saturated_16(gate << 1)
    return _divide_power_of_two_16(gate, -shift) if shift < 0 else gate


def _saturated_16(values: Integers) -> Integers:
    return np.asarray(np.clip(values, -(2**15), 2**15 - 1))


def _multiply_high_16(values: Integers, multiplier: int) -> Integers:
    """Return the doubled product's high half of 16 bits, halves towards plus infinity."""
    return np.asarray((values * multiplier + 2**14) >> 15)


def _divide_power_of_two_16(values: Integers, exponent: int) -> Integers:
    """Return what 16-bit arithmetic makes of it: the mask of a shift past 15 is all ones."""
    if exponent <= 15:
        return divide_power_of_two(values, exponent)
    return np.where(values < 0, -1, 1)
