"""A float network as a plain sequence of layers: what it computes, and its float32 `.tflite`.

Images are [batch, height, width, channels] throughout, as in the file format.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runicd.errors import ModelError
from runicd.model.shapes import window_count
from runicd.model.write_tflite import Graph

Floats = NDArray[np.float32]
Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Convolution:
    """CONV_2D; `weights` [out, height, width, in], `bias` [out]."""

    weights: Floats
    bias: Floats
    stride: tuple[int, int] = (1, 1)
    padding: str = "SAME"
    activation: str = "NONE"


@dataclass(frozen=True, slots=True)
class Depthwise:
    """DEPTHWISE_CONV_2D with one filter a channel; `weights` [1, height, width, channels]."""

    weights: Floats
    bias: Floats
    stride: tuple[int, int] = (1, 1)
    padding: str = "SAME"
    activation: str = "NONE"


@dataclass(frozen=True, slots=True)
class Dense:
    """FULLY_CONNECTED; `weights` [out, in], `bias` [out]."""

    weights: Floats
    bias: Floats
    activation: str = "NONE"


@dataclass(frozen=True, slots=True)
class Pool:
    """MAX_POOL_2D or AVERAGE_POOL_2D, without padding."""

    kind: str
    size: tuple[int, int]
    stride: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Reshape:
    """RESHAPE of one example to `shape` (the batch's size is kept)."""

    shape: Shape


@dataclass(frozen=True, slots=True)
class Softmax:
    """SOFTMAX over the last dimension."""


Layer = Convolution | Depthwise | Dense | Pool | Reshape | Softmax

_ACTIVATIONS: dict[str, Callable[[Floats], Floats]] = {
    "NONE": lambda values: values,
    "RELU": lambda values: np.maximum(values, np.float32(0)),
    "RELU6": lambda values: np.clip(values, np.float32(0), np.float32(6)),
}


def pad_amounts(size: int, window: int, stride: int, padding: str) -> tuple[int, int]:
    """Zeros before and after an axis; SAME puts the odd one after."""
    if padding == "VALID":
        return 0, 0
    count = window_count(size, window, stride, 1, 0)
    total = max((count - 1) * stride + window - size, 0)
    return total // 2, total - total // 2


def _windows(
    values: Floats, size: tuple[int, int], stride: tuple[int, int], padding: str
) -> Floats:
    """[batch, rows, columns, channels, height, width]: what each position of a filter sees."""
    rows = pad_amounts(values.shape[1], size[0], stride[0], padding)
    columns = pad_amounts(values.shape[2], size[1], stride[1], padding)
    padded = np.pad(values, ((0, 0), rows, columns, (0, 0)))
    views = np.lib.stride_tricks.sliding_window_view(padded, size, (1, 2))
    return views[:, :: stride[0], :: stride[1]]


def forward(layer: Layer, values: Floats) -> Floats:
    """What `layer` computes of a batch, in float32."""
    match layer:
        case Convolution():
            seen = _windows(values, layer.weights.shape[1:3], layer.stride, layer.padding)
            sums = np.tensordot(seen, layer.weights, axes=((3, 4, 5), (3, 1, 2)))
            return _ACTIVATIONS[layer.activation](np.asarray(sums + layer.bias))
        case Depthwise():
            seen = _windows(values, layer.weights.shape[1:3], layer.stride, layer.padding)
            sums = np.einsum("nrcdhw,hwd->nrcd", seen, layer.weights[0])
            return _ACTIVATIONS[layer.activation](np.asarray(sums + layer.bias))
        case Dense():
            return _ACTIVATIONS[layer.activation](values @ layer.weights.T + layer.bias)
        case Pool():
            seen = _windows(values, layer.size, layer.stride, "VALID")
            return np.asarray(seen.max((4, 5)) if layer.kind == "MAX" else seen.mean((4, 5)))
        case Reshape():
            return values.reshape(values.shape[0], *layer.shape)
        case Softmax():
            powers = np.exp(values - values.max(-1, keepdims=True))
            return np.asarray(powers / powers.sum(-1, keepdims=True))


def run(layers: Sequence[Layer], values: Floats) -> Floats:
    """What the network computes of a batch."""
    for layer in layers:
        values = forward(layer, values)
    return values


def check_fit(layers: Sequence[Layer], shape: Shape) -> None:
    """Raise ModelError unless an example of `shape` goes through every layer."""
    example = np.zeros((1, *shape), np.float32)
    for index, layer in enumerate(layers):
        try:
            example = forward(layer, example)
        except ValueError as error:
            what = type(layer).__name__
            raise ModelError(
                f"layer {index} ({what}) does not take the shape {list(example.shape[1:])}"
            ) from error


def float_tflite(layers: Sequence[Layer], shape: Shape, description: str = "") -> bytes:
    """The network as a float32 `.tflite`; `shape` is that of one example, without the batch."""
    check_fit(layers, shape)
    graph = Graph(description)
    value = graph.input("input", "f32", (1, *shape))
    for layer in layers:
        constants = constants_of(graph, layer)
        value = add_op(graph, layer, [value, *constants])
    graph.output(value)
    return graph.to_bytes()


def constants_of(graph: Graph, layer: Layer) -> list[int]:
    """Add the layer's weights and bias as they are."""
    match layer:
        case Convolution() | Depthwise() | Dense():
            weights = graph.constant("weights", layer.weights.astype(np.float32))
            return [weights, graph.constant("bias", layer.bias.astype(np.float32))]
        case _:
            return []


def add_op(
    graph: Graph,
    layer: Layer,
    inputs: Sequence[int],
    scale: float | None = None,
    zero_point: int = 0,
) -> int:
    """Add the layer's operator; `inputs` are its value, weights and bias, of either type."""
    match layer:
        case Convolution() | Depthwise():
            name = "CONV_2D" if isinstance(layer, Convolution) else "DEPTHWISE_CONV_2D"
            return graph.op(
                name,
                inputs,
                scale,
                zero_point,
                padding=layer.padding,
                stride_h=layer.stride[0],
                stride_w=layer.stride[1],
                activation=layer.activation,
            )
        case Dense():
            return graph.op(
                "FULLY_CONNECTED", inputs, scale, zero_point, activation=layer.activation
            )
        case Pool():
            return graph.op(
                f"{layer.kind}_POOL_2D",
                inputs,
                padding="VALID",
                filter_h=layer.size[0],
                filter_w=layer.size[1],
                stride_h=layer.stride[0],
                stride_w=layer.stride[1],
            )
        case Reshape():
            wanted = graph.constant("shape", np.array([1, *layer.shape], np.int32))
            return graph.op("RESHAPE", [*inputs, wanted])
        case Softmax():
            return graph.op("SOFTMAX", inputs)


def weight_count(layers: Sequence[Layer]) -> int:
    """Weights and biases of the network."""
    weighted = (Convolution, Depthwise, Dense)
    return sum(
        math.prod(layer.weights.shape) + layer.bias.size
        for layer in layers
        if isinstance(layer, weighted)
    )
