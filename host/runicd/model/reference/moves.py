"""RESHAPE, EXPAND_DIMS, SQUEEZE, PAD, PADV2 and CONCATENATION: elements are moved only."""

from __future__ import annotations

import numpy as np

from runicd.errors import ModelError
from runicd.model.reference.tensors import Array, Call


def reshape(call: Call) -> Array:
    """Return the input in the shape that the file gives the output."""
    return call.value(0).reshape(call.output.shape)


def pad(call: Call) -> Array:
    """PAD with the output's zero (its zero point), PADV2 with the value of input 2."""
    value = call.values[2] if len(call.values) > 2 else None
    zero = 0.0 if call.is_float else call.output.zero_point
    widths = call.value(1).reshape(-1, 2).astype(np.int64)
    fill = zero if value is None else value.reshape(-1)[0]
    return np.pad(call.value(0), widths.tolist(), constant_values=fill)


def concatenation(call: Call) -> Array:
    """CONCATENATION, which rescales nothing."""
    if any(value is None for value in call.values):
        raise ModelError("an input is missing")
    given = [value for value in call.values if value is not None]
    return np.concatenate(given, axis=int(call.options["axis"]))
