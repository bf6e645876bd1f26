"""How an int32 accumulator becomes an int8: two named versions of the rounding semantics.

Everything is int64 arrays that hold int32 values, so that no intermediate product overflows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from runicd.errors import ModelError
from runicos.contract.checked_manifest import TFLM_DOUBLE, TFLM_SINGLE

Integers = NDArray[np.int64]

_MIN_SHIFT, _MAX_SHIFT = -31, 30
_INT32_MAX = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Scale:
    """real = multiplier * 2^(shift - 31), for a whole tensor or an array with one a channel."""

    multiplier: ArrayLike
    shift: ArrayLike


def quantise_multiplier(real: float) -> tuple[int, int]:
    """Return multiplier and shift of a positive real number; ModelError when it is out of range.

    The multiplier has 31 bits, halves rounded away from zero; 0 where all bits would be shifted
    out.
    """
    fraction, exponent = math.frexp(real)
    fixed = math.floor(fraction * 2**31 + 0.5)
    if fixed == 2**31:
        fixed, exponent = 2**30, exponent + 1
    if exponent > _MAX_SHIFT:
        raise ModelError("scales are too far apart")
    return (fixed, exponent) if exponent >= _MIN_SHIFT else (0, 0)


def scale_of(reals: list[float]) -> Scale:
    """Return one scale for each real number, the only one for all channels where there is one."""
    pairs = [quantise_multiplier(real) for real in reals]
    if len(pairs) == 1:
        return Scale(*pairs[0])
    multipliers, shifts = zip(*pairs, strict=True)
    return Scale(np.array(multipliers, np.int64), np.array(shifts, np.int64))


def wrap(values: ArrayLike) -> Integers:
    """Return values as int32 arithmetic leaves them, modulo 2^32."""
    return np.asarray((np.asarray(values, np.int64) + 2**31) % 2**32 - 2**31)


def multiply_high(value: ArrayLike, multiplier: ArrayLike) -> Integers:
    """Return the high half of the doubled product, halves towards plus infinity."""
    product = np.asarray(value, np.int64) * np.asarray(multiplier, np.int64)
    return np.asarray(np.minimum((product + 2**30) >> 31, _INT32_MAX))


def divide_power_of_two(value: ArrayLike, exponent: ArrayLike) -> Integers:
    """Return value / 2^exponent, halves away from zero; 0 <= exponent <= 31."""
    value, mask = np.asarray(value, np.int64), (1 << np.asarray(exponent, np.int64)) - 1
    threshold = (mask >> 1) + (value < 0)
    return np.asarray((value >> exponent) + ((value & mask) > threshold))


def _requantise_double(value: Integers, scale: Scale) -> Integers:
    """Round to the high half first, then by the right shift."""
    shift = np.asarray(scale.shift, np.int64)
    shifted = wrap(value << np.maximum(shift, 0))
    return divide_power_of_two(multiply_high(shifted, scale.multiplier), np.maximum(-shift, 0))


def _requantise_single(value: Integers, scale: Scale) -> Integers:
    """Round once, halves towards plus infinity."""
    right = 31 - np.asarray(scale.shift, np.int64)
    half = (1 << right) >> 1
    return wrap((value * np.asarray(scale.multiplier, np.int64) + half) >> right)


ROUNDINGS: dict[str, Callable[[Integers, Scale], Integers]] = {
    TFLM_DOUBLE: _requantise_double,
    TFLM_SINGLE: _requantise_single,
}
"""The versions by name; a board's kernels do one of them."""
