"""exp, logistic and tanh on fixed-point numbers: Qm.n is an int32 with n bits of fraction.

The method is gemmlowp's, on which TensorFlow Lite Micro's int8 arithmetic rests: exp by splitting
the exponent into quarters and powers of two, reciprocals by three Newton steps.
"""

from __future__ import annotations

import numpy as np

from runicd.model.reference.rounding import Integers, divide_power_of_two, multiply_high

ONE = 2**31 - 1  # as Q0.31
_Q2_ONE = 1 << 29
_EXP_MINUS_EIGHTH = 1895147668
_THIRD = 715827883
_Q2_48_OVER_17, _Q2_MINUS_32_OVER_17 = 1515870810, -1010580540
# exp(-2^k) as Q0.31, k from -2 on.
_EXP_FACTORS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)


def shift_left(values: Integers, exponent: int) -> Integers:
    """Return values * 2^exponent, saturated to int32."""
    return np.asarray(np.clip(values << exponent, -(2**31), ONE))


def _exp_last_quarter(x: Integers) -> Integers:
    """Return exp(x) for -1/4 <= x < 0, Q0.31 both: Taylor's series around -1/8."""
    y = x + (1 << 28)
    square = multiply_high(y, y)
    cube, fourth = multiply_high(square, y), multiply_high(square, square)
    tail = multiply_high(divide_power_of_two(fourth, 2) + cube, _THIRD) + square
    return _EXP_MINUS_EIGHTH + multiply_high(_EXP_MINUS_EIGHTH, y + divide_power_of_two(tail, 1))


def exp_negative(x: Integers, integer_bits: int) -> Integers:
    """Return exp(x) as Q0.31 for x <= 0 with so many bits (at most 5) before the point."""
    fraction_bits = 31 - integer_bits
    quarter = 1 << (fraction_bits - 2)
    in_quarter = (x & (quarter - 1)) - quarter
    result = _exp_last_quarter(shift_left(in_quarter, integer_bits))
    rest = in_quarter - x
    for place in range(integer_bits + 2):
        is_set = rest & (1 << (fraction_bits + place - 2))
        result = np.where(is_set, multiply_high(result, _EXP_FACTORS[place]), result)
    return np.where(x == 0, ONE, result)


def _two_over_one_plus(x: Integers) -> Integers:
    """Return 2 / (1 + x) as Q2.29 for 0 <= x < 1 as Q0.31."""
    half = (x + ONE + 1) // 2
    y = _Q2_48_OVER_17 + multiply_high(half, _Q2_MINUS_32_OVER_17)
    for _ in range(3):
        error = _Q2_ONE - multiply_high(half, y)
        y = y + shift_left(multiply_high(y, error), 2)
    return y


def one_over_one_plus(x: Integers) -> Integers:
    """Return 1 / (1 + x) for 0 <= x < 1, Q0.31 both."""
    return shift_left(_two_over_one_plus(x), 1)


def logistic(x: Integers) -> Integers:
    """Return 1 / (1 + exp(-x)) as Q0.31 for x as Q4.27."""
    positive = one_over_one_plus(exp_negative(-np.abs(x), 4))
    return np.where(x == 0, 1 << 30, np.where(x > 0, positive, ONE - positive))


def tanh(x: Integers) -> Integers:
    """Return the hyperbolic tangent as Q0.31, of x as Q4.27.

    It is (1 - e) / (1 + e) with e = exp(-2|x|).
    """
    # Doubling is only a different reading of the same bits, as Q5.26.
    positive = shift_left(_two_over_one_plus(exp_negative(-np.abs(x), 5)) - _Q2_ONE, 2)
    return np.where(x == 0, 0, np.where(x > 0, positive, -positive))
