"""Post-training quantisation: a float network and examples of its input to an int8 `.tflite`.

Activations get one scale and zero point, from the smallest and largest value that the examples
cause. Weights are symmetric, in -127..127: one scale for each filter of a convolution, one for
the whole of a dense layer. Biases are int32 at the product of both scales.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runicd.errors import ModelError
from runicd.model.layers import (
    Convolution,
    Dense,
    Depthwise,
    Floats,
    Layer,
    add_op,
    check_fit,
    forward,
)
from runicd.model.write_tflite import Graph

_LOWEST, _HIGHEST = -128, 127
_BIAS_LIMIT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Scale:
    """value = scale * (q - zero_point), q in -128..127."""

    scale: float
    zero_point: int


def scale_for(lowest: float, highest: float) -> Scale:
    """The scale that covers lowest..highest and represents 0 exactly."""
    low, high = min(lowest, 0.0), max(highest, 0.0)
    if high == low:
        return Scale(1.0, 0)
    scale = float(np.float32((high - low) / (_HIGHEST - _LOWEST)))
    zero_point = round(_LOWEST - low / scale)
    return Scale(scale, min(max(zero_point, _LOWEST), _HIGHEST))


def to_int8(values: Floats, scale: Scale) -> NDArray[np.int8]:
    """`values` as int8 at `scale`, rounded to nearest, halves away from zero."""
    steps = values.astype(np.float64) / scale.scale
    rounded = np.copysign(np.floor(np.abs(steps) + 0.5), steps) + scale.zero_point
    return np.asarray(np.clip(rounded, _LOWEST, _HIGHEST), np.int8)


def quantise(
    layers: Sequence[Layer],
    examples: Floats,
    description: str = "",
    input_scale: Scale | None = None,
) -> bytes:
    """An int8 `.tflite` of the network.

    `examples` [n, ...] are typical inputs, all at once; their shape is the input's. `input_scale`
    overrules what follows from them, for an input whose scale is known, as a pixel's.
    Raises ModelError when the layers do not fit together or a bias does not fit into 32 bits.
    """
    check_fit(layers, examples.shape[1:])
    scale = input_scale or scale_for(float(examples.min()), float(examples.max()))
    graph = Graph(description)
    shape = (1, *examples.shape[1:])
    value = graph.input("input", "i8", shape, scale.scale, scale.zero_point)
    values = examples.astype(np.float32)
    for layer in layers:
        values = forward(layer, values)
        value, scale = _add_layer(graph, layer, value, scale, values)
    graph.output(value)
    return graph.to_bytes()


def _add_layer(
    graph: Graph, layer: Layer, value: int, scale: Scale, results: Floats
) -> tuple[int, Scale]:
    """Add one layer; `results` are what it computes of the examples."""
    if not isinstance(layer, (Convolution, Depthwise, Dense)):
        return add_op(graph, layer, [value]), scale
    result = scale_for(float(results.min()), float(results.max()))
    constants = _add_constants(graph, layer, scale)
    return add_op(graph, layer, [value, *constants], result.scale, result.zero_point), result


def _add_constants(
    graph: Graph, layer: Convolution | Depthwise | Dense, scale: Scale
) -> list[int]:
    axis = 3 if isinstance(layer, Depthwise) else 0
    weight_scales = _weight_scales(layer)
    spread = np.moveaxis(layer.weights.astype(np.float64), axis, -1) / weight_scales
    rounded = np.moveaxis(np.round(spread), -1, axis).astype(np.int8)
    bias_scales = weight_scales * scale.scale
    bias = np.round(layer.bias.astype(np.float64) / bias_scales)
    if np.abs(bias).max() > _BIAS_LIMIT:
        raise ModelError(
            f"a bias of {float(np.abs(layer.bias).max()):g} does not fit into 32 bits"
        )
    return [
        graph.constant("weights", rounded, weight_scales.tolist(), axis=axis),
        graph.constant("bias", bias.astype(np.int32), bias_scales.tolist()),
    ]


def _weight_scales(layer: Convolution | Depthwise | Dense) -> Floats:
    """Scales of the filters, or the one scale of a dense layer; 1 for filters that are zero."""
    sizes = np.abs(layer.weights)
    match layer:
        case Dense():
            largest = sizes.max(keepdims=True).reshape(1)
        case Depthwise():
            largest = sizes.max((0, 1, 2))
        case Convolution():
            largest = sizes.max((1, 2, 3))
    scales = np.where(largest > 0, largest / np.float32(_HIGHEST), np.float32(1))
    return np.asarray(scales, np.float32)
