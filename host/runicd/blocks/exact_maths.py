"""Logarithm, power and cosine in integers, equal on every machine.

The C library's `powf` and `cosf` differ in the last bit from board to board. What the stock
blocks need of them is therefore computed here, and in `native_modules/dsp/dsp_exact.c`, by the
same integer steps. "Qn" is a fixed-point number with n fraction bits.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

ONE_Q30 = 1 << 30
HALF_PI_Q30 = 1686629713
LN2_Q30 = 744261118
SERIES_TERMS = 9

Integers = npt.NDArray[np.uint64]


def log2_fixed(values: npt.ArrayLike, fraction_bits: int) -> npt.NDArray[np.int64]:
    """Base-2 logarithm of positive 64-bit integers, truncated to `fraction_bits` (at most 31).

    One squaring yields one bit: where the mantissa's square reaches 2, the bit is set and the
    mantissa halved.
    """
    whole = np.asarray(values, dtype=np.uint64)
    exponent = _highest_bit(whole)
    left = np.where(exponent < 31, 31 - exponent, 0).astype(np.uint64)
    right = np.where(exponent > 31, exponent - 31, 0).astype(np.uint64)
    mantissa = (whole << left) >> right
    result = exponent
    for _ in range(fraction_bits):
        mantissa = (mantissa * mantissa) >> np.uint64(31)
        bit = mantissa >> np.uint64(32)
        mantissa = mantissa >> bit
        result = (result << 1) | bit.astype(np.int64)
    return result


def _highest_bit(values: Integers) -> npt.NDArray[np.int64]:
    """Index of the highest set bit of each positive value."""
    exponent = np.zeros(values.shape, dtype=np.int64)
    rest = values
    for step in (32, 16, 8, 4, 2, 1):
        larger = (rest >> np.uint64(step)) != 0
        exponent = exponent + np.where(larger, step, 0)
        rest = np.where(larger, rest >> np.uint64(step), rest)
    return exponent


def exp2_fraction(fraction_q30: int) -> int:
    """2**f in Q30 for f in [0, 1) given in Q30, by the exponential series in Horner's form."""
    exponent = (fraction_q30 * LN2_Q30) >> 30
    result = ONE_Q30
    for term in range(SERIES_TERMS, 0, -1):
        result = ONE_Q30 + ((exponent * result) >> 30) // term
    return result


def cosine_of_turn(numerator: int, denominator: int) -> int:
    """cos(2*pi*numerator/denominator) in Q30; numerator >= 0, denominator > 0."""
    quadrant, rest = divmod(4 * numerator, denominator)
    angle = rest * HALF_PI_Q30 // denominator
    if quadrant % 4 == 0:
        return _cosine(angle)
    if quadrant % 4 == 1:
        return -_sine(angle)
    return -_cosine(angle) if quadrant % 4 == 2 else _sine(angle)


def _cosine(angle_q30: int) -> int:
    square = (angle_q30 * angle_q30) >> 30
    result = ONE_Q30
    for term in range(SERIES_TERMS, 0, -1):
        result = ONE_Q30 - ((square * result) >> 30) // ((2 * term - 1) * 2 * term)
    return result


def _sine(angle_q30: int) -> int:
    square = (angle_q30 * angle_q30) >> 30
    result = ONE_Q30
    for term in range(SERIES_TERMS, 0, -1):
        result = ONE_Q30 - ((square * result) >> 30) // (2 * term * (2 * term + 1))
    return (angle_q30 * result) >> 30
