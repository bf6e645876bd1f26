"""What an op's kernel is given: tensors' descriptions and values, options, the rounding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runicd.errors import ModelError
from runicd.model.read_tflite import Tensor
from runicd.model.reference.rounding import ROUNDINGS, Integers, Scale
from runicd.model.schema import ACTIVATIONS

Array = NDArray[Any]

DTYPES = {"f32": "<f4", "i8": "i1", "u8": "u1", "i16": "<i2", "i32": "<i4", "i64": "<i8",
          "bool": "?"}  # fmt: skip
"""The element types that the reference computes with, as numpy spells them."""
INTEGER_RANGES = {"i8": (-128, 127), "u8": (0, 255), "i16": (-32768, 32767)}
"""The ends of the quantised types."""
_REAL_RANGES = {
    "NONE": (-np.inf, np.inf),
    "RELU": (0.0, np.inf),
    "RELU_N1_TO_1": (-1.0, 1.0),
    "RELU6": (0.0, 6.0),
}


@dataclass(frozen=True, slots=True)
class Call:
    """One run of an op: `inputs` and `outputs` describe tensors, `values` are the inputs' values.

    An optional input that is not given is None in both lists.
    """

    inputs: Sequence[Tensor | None]
    values: Sequence[Array | None]
    outputs: Sequence[Tensor]
    options: Mapping[str, int | float]
    rounding: str

    @property
    def output(self) -> Tensor:
        """The only output of most ops."""
        return self.outputs[0]

    @property
    def is_float(self) -> bool:
        """Whether an input is float32: all that are data are of one type."""
        return any(tensor is not None and tensor.element == "f32" for tensor in self.inputs)

    def input(self, place: int) -> Tensor:
        """Return an input's description; ModelError where it is not given."""
        tensor = self.inputs[place] if place < len(self.inputs) else None
        if tensor is None:
            raise ModelError(f"input {place} is missing")
        return tensor

    def value(self, place: int) -> Array:
        """Return an input's value; ModelError where it is not given."""
        value = self.values[place] if place < len(self.values) else None
        if value is None:
            raise ModelError(f"input {place} is missing")
        return value

    def centred(self, place: int) -> Integers:
        """Return a quantised input less its zero point."""
        return np.asarray(self.value(place).astype(np.int64) - self.input(place).zero_point)

    def bias(self) -> Array:
        """Return input 2, the bias of ops with weights, or zero."""
        given = self.values[2] if len(self.values) > 2 else None
        return (
            np.zeros(1, np.int64 if not self.is_float else np.float64) if given is None else given
        )

    def requantise(self, value: Integers, scale: Scale) -> Integers:
        """Return accumulators at the output's scale, its zero point not yet added."""
        return ROUNDINGS[self.rounding](value, scale)

    def activated(self, values: Array) -> Array:
        """Return values within the fused activation's range, in the output's type.

        Values of integers come without the output's zero point.
        """
        low, high = _REAL_RANGES[ACTIVATIONS[int(self.options.get("activation", 0))]]
        if self.is_float:
            return np.clip(values, low, high).astype(np.float32)
        bounds = quantised(low, self.output), quantised(high, self.output)
        kind = DTYPES[self.output.element]
        return np.asarray(np.clip(values + self.output.zero_point, *bounds), kind)


def quantised(real: float, tensor: Tensor) -> int:
    """Return a real bound as one of the tensor's integers; an infinite one is the type's end."""
    least, most = INTEGER_RANGES[tensor.element]
    if np.isinf(real):
        return most if real > 0 else least
    steps = float(np.float32(real) / np.float32(tensor.scale))
    rounded = int(np.copysign(np.floor(abs(steps) + 0.5), steps))
    return min(max(tensor.zero_point + rounded, least), most)
