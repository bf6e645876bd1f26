"""SUB, MAXIMUM, MINIMUM, PRELU and comparisons: two inputs, laid over each other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from runicd.model.reference.elementwise import sum_at_common_scale
from runicd.model.reference.rounding import (
    Integers,
    Scale,
    quantise_multiplier,
    scale_of,
    wrap,
)
from runicd.model.reference.tensors import Array, Call

_COMPARE_LEFT_SHIFT = 8


def subtract(call: Call) -> Array:
    """SUB with broadcasting; as ADD, the second input taken away."""
    if call.is_float:
        return call.activated(call.value(0) - call.value(1))
    return sum_at_common_scale(call, -1)


def maximum(call: Call) -> Array:
    """MAXIMUM with broadcasting; nothing is rescaled."""
    one, two = call.value(0), call.value(1)
    return np.where(one > two, one, two)


def minimum(call: Call) -> Array:
    """MINIMUM with broadcasting; nothing is rescaled."""
    one, two = call.value(0), call.value(1)
    return np.where(one < two, one, two)


def prelu(call: Call) -> Array:
    """PRELU: the input, times input 1 where it is below 0."""
    if call.is_float:
        return np.where(call.value(0) >= 0, call.value(0), call.value(0) * call.value(1))
    ratio = call.input(0).scale / call.output.scale
    above = call.requantise(call.centred(0), scale_of([ratio]))
    slope = scale_of([call.input(0).scale * call.input(1).scale / call.output.scale])
    below = call.requantise(call.centred(0) * call.centred(1), slope)
    result = wrap(np.where(call.centred(0) >= 0, above, below) + call.output.zero_point)
    return np.asarray(np.clip(result, -128, 127), np.int8)


def comparison(holds: Callable[[Array, Array], Array]) -> Callable[[Call], Array]:
    """Return the kernel of a comparison; int8 inputs are compared at a common scale."""

    def compare(call: Call) -> Array:
        if call.input(0).element != "i8":
            return np.asarray(holds(call.value(0), call.value(1)), np.bool_)
        return np.asarray(holds(_scaled(call, 0), _scaled(call, 1)), np.bool_)

    return compare


def _scaled(call: Call, place: int) -> Integers:
    """Return an int8 input times 2^8 and its scale."""
    multiplier, shift = quantise_multiplier(call.input(place).scale)
    raised = call.centred(place) << _COMPARE_LEFT_SHIFT
    return call.requantise(raised, Scale(multiplier, shift))
