"""ADD, MUL, the activations, SOFTMAX, QUANTIZE and DEQUANTIZE."""

from __future__ import annotations

import math

import numpy as np

from runicd.model.read_tflite import Tensor
from runicd.model.reference import fixedpoint, sixteen
from runicd.model.reference.rounding import (
    Integers,
    divide_power_of_two,
    multiply_high,
    quantise_multiplier,
    scale_of,
    wrap,
)
from runicd.model.reference.tensors import DTYPES, INTEGER_RANGES, Array, Call, quantised

_ADD_LEFT_SHIFTS = {"i8": 20, "i16": 15}
_SIGMOID_LIMIT = 16
_SIGMOID_ONE = 1 << 27  # Q4.27
_SOFTMAX_INTEGER_BITS = 5
_SOFTMAX_ONE = 1 << 26  # Q5.26
_SUM_INTEGER_BITS = 12


def add(call: Call) -> Array:
    """ADD with broadcasting."""
    if call.is_float:
        return call.activated(call.value(0) + call.value(1))
    return sum_at_common_scale(call, 1)


def sum_at_common_scale(call: Call, sign: int) -> Array:
    """Return input 0 plus `sign` times input 1, both integers and first scaled up."""
    left_shift = _ADD_LEFT_SHIFTS[call.output.element]
    scales = [call.input(place).scale for place in (0, 1)]
    twice = 2.0 * max(scales)
    one, two = (
        call.requantise(call.centred(place) << left_shift, scale_of([scales[place] / twice]))
        for place in (0, 1)
    )
    ratio = twice / (2.0**left_shift * call.output.scale)
    return call.activated(call.requantise(one + sign * two, scale_of([ratio])))


def multiply(call: Call) -> Array:
    """MUL with broadcasting."""
    if call.is_float:
        return call.activated(call.value(0) * call.value(1))
    ratio = call.input(0).scale * call.input(1).scale / call.output.scale
    product = call.centred(0) * call.centred(1)
    return call.activated(call.requantise(product, scale_of([ratio])))


def relu(call: Call) -> Array:
    """RELU: integers are rescaled to the output and not below its zero point."""
    if call.is_float:
        return np.maximum(call.value(0), np.float32(0))
    kind = DTYPES[call.output.element]
    return np.maximum(_rescaled(call), call.output.zero_point).astype(kind)


def relu6(call: Call) -> Array:
    """RELU6: integers are clamped at the input's scale, and stays at it."""
    if call.is_float:
        return np.clip(call.value(0), np.float32(0), np.float32(6))
    given = call.input(0)
    kind = call.value(0).dtype.type
    return np.clip(call.value(0), kind(quantised(0.0, given)), kind(quantised(6.0, given)))


def logistic(call: Call) -> Array:
    """LOGISTIC; int8 output has scale 1/256 and zero point -128, int16 output scale 1/32768."""
    if call.is_float:
        return np.asarray(1 / (1 + np.exp(-call.value(0).astype(np.float64))), np.float32)
    if call.input(0).element == "i16":
        return sixteen.logistic(call.value(0), call.input(0).scale)
    result = divide_power_of_two(fixedpoint.logistic(_sigmoid_input(call)), 31 - 8) - 128
    return _saturated(call, result)


def tanh(call: Call) -> Array:
    """TANH; int8 output has scale 1/128 and zero point 0, int16 output scale 1/32768."""
    if call.is_float:
        return np.tanh(call.value(0))
    if call.input(0).element == "i16":
        return sixteen.tanh(call.value(0), call.input(0).scale)
    return _saturated(call, divide_power_of_two(fixedpoint.tanh(_sigmoid_input(call)), 31 - 7))


def softmax(call: Call) -> Array:
    """SOFTMAX over the last axis; the output's scale is that of LOGISTIC."""
    data = call.value(0)
    beta = float(np.float32(call.options["beta"]))
    if call.is_float:
        powers = np.exp((data - data.max(-1, keepdims=True)).astype(np.float64) * beta)
        return np.asarray(powers / powers.sum(-1, keepdims=True), np.float32)
    differences = data.astype(np.int64) - data.max(-1, keepdims=True)
    if call.input(0).element == "i16":
        scale = scale_of([call.input(0).scale * beta / sixteen.EXPONENT_STEP])
        return sixteen.softmax(call.requantise(differences, scale))
    return _softmax_s8(differences, *_softmax_scale(beta * call.input(0).scale))


def quantize(call: Call) -> Array:
    """QUANTIZE: from float32 by division, halves away from zero; else by rescaling."""
    if not call.is_float:
        return to_type(_rescaled(call), call.output)
    steps = np.nan_to_num(call.value(0) / np.float32(call.output.scale), nan=-65536.0)
    steps = np.clip(steps, np.float32(-65536), np.float32(65536)).astype(np.float64)
    whole = np.copysign(np.floor(np.abs(steps) + 0.5), steps)
    return to_type(whole.astype(np.int64) + call.output.zero_point, call.output)


def dequantize(call: Call) -> Array:
    """DEQUANTIZE to float32."""
    return np.asarray(np.float32(call.input(0).scale) * call.centred(0).astype(np.float32))


def to_type(values: Array, tensor: Tensor) -> Array:
    """Return values saturated to a quantised tensor's type."""
    return np.asarray(np.clip(values, *INTEGER_RANGES[tensor.element]), DTYPES[tensor.element])


def _rescaled(call: Call) -> Integers:
    """Return the input at the output's scale and zero point, saturated."""
    ratio = call.input(0).scale / call.output.scale
    scaled = call.requantise(call.centred(0), scale_of([ratio]))
    return np.clip(wrap(scaled + call.output.zero_point), *INTEGER_RANGES[call.output.element])


def _sigmoid_input(call: Call) -> Integers:
    """Return the input as Q4.27."""
    return call.requantise(call.centred(0), scale_of([call.input(0).scale * _SIGMOID_ONE]))


def _saturated(call: Call, result: Integers) -> Array:
    """Return int8 results; inputs that Q4.27 cannot hold are at the ends of the range."""
    _, shift = quantise_multiplier(call.input(0).scale * _SIGMOID_ONE)
    radius = math.floor(math.ldexp((_SIGMOID_LIMIT - 1) * _SIGMOID_ONE, -shift))
    centred = call.centred(0)
    result = np.where(centred >= radius, 127, np.where(centred <= -radius, -128, result))
    return np.asarray(np.clip(result, -128, 127), np.int8)


def _softmax_scale(real: float) -> tuple[int, int]:
    """Return multiplier and shift of the differences as Q5.26; at the cap the shift is 31."""
    fraction, exponent = math.frexp(min(real * _SOFTMAX_ONE, 2.0**31 - 1))
    fixed = math.floor(fraction * 2**31 + 0.5)
    return (2**30, exponent + 1) if fixed == 2**31 else (fixed, exponent)


def _softmax_s8(differences: Integers, multiplier: int, shift: int) -> Array:
    least = -math.floor(math.ldexp(31.0 * _SOFTMAX_ONE, -shift))
    is_near = differences >= least
    # What is too far away counts as nothing; any input in range stands for it here.
    near = np.where(is_near, differences, 0)
    powers = fixedpoint.exp_negative(
        multiply_high(wrap(near << shift), multiplier), _SOFTMAX_INTEGER_BITS
    )
    counted = np.where(is_near, divide_power_of_two(powers, _SUM_INTEGER_BITS), 0)
    total = counted.sum(-1, keepdims=True)
    zeros = 32 - np.floor(np.log2(total)).astype(np.int64) - 1
    reciprocal = fixedpoint.one_over_one_plus((total << zeros) - 2**31)
    exponent = _SUM_INTEGER_BITS - zeros + 31 - 8
    kept = divide_power_of_two(multiply_high(reciprocal, powers), np.minimum(exponent, 31))
    result = np.where(is_near & (exponent <= 31), kept, 0) - 128
    return np.asarray(np.clip(result, -128, 127), np.int8)
