"""MEAN, SUM and REDUCE_MAX over any axes, ARG_MAX and ARG_MIN over one."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from runicd.model.reference.elementwise import to_type
from runicd.model.reference.rounding import Scale, quantise_multiplier, wrap
from runicd.model.reference.tensors import Array, Call


def mean(call: Call) -> Array:
    """MEAN over constant axes; int8 sums are scaled by a multiplier that has 1/count in it."""
    count = math.prod(call.input(0).shape[axis] for axis in _axes(call))
    if call.is_float:
        return _sum_f32(call, count)
    ratio = call.input(0).scale / call.output.scale
    return _sum_s8(call, _divided(*quantise_multiplier(ratio), count))


def total(call: Call) -> Array:
    """SUM over constant axes."""
    if call.is_float:
        return _sum_f32(call, 1)
    return _sum_s8(call, Scale(*quantise_multiplier(call.input(0).scale / call.output.scale)))


def largest(call: Call) -> Array:
    """REDUCE_MAX over constant axes; nothing is rescaled."""
    return np.asarray(call.value(0).max(_axes(call))).reshape(call.output.shape)


def place_of(find: Callable[..., NDArray[np.intp]]) -> Callable[[Call], Array]:
    """Return the kernel of ARG_MAX or ARG_MIN; of equal ones the first counts."""

    def apply(call: Call) -> Array:
        found = find(call.value(0), axis=int(call.value(1).reshape(-1)[0]))
        return np.asarray(found, np.int32).reshape(call.output.shape)

    return apply


def _axes(call: Call) -> tuple[int, ...]:
    rank = call.value(0).ndim
    return tuple({int(axis) % rank for axis in call.value(1).reshape(-1)})


def _sum_f32(call: Call, divisor: int) -> Array:
    result = call.value(0).astype(np.float64).sum(_axes(call)) / divisor
    return np.asarray(result, np.float32).reshape(call.output.shape)


def _sum_s8(call: Call, scale: Scale) -> Array:
    sums = np.asarray(call.centred(0).sum(_axes(call))).reshape(call.output.shape)
    return to_type(wrap(call.requantise(sums, scale) + call.output.zero_point), call.output)


def _divided(multiplier: int, shift: int, count: int) -> Scale:
    """Return a scale divided by a count, as precise as its 31 bits allow."""
    bits = min(count.bit_length() - 1, 30, 31 + shift)
    return Scale((multiplier << bits) // count, shift - bits)
