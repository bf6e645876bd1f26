"""Small networks, written here, that the tests of model files share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tflite_micro.python.tflite_micro.runtime import Interpreter

from runicd.model.write_tflite import Graph

ARENA_BYTES = 1 << 20


def float_network() -> bytes:
    """Convolution, pooling, a branch that is added back, and a classifier, in float32."""
    chance = np.random.default_rng(1)
    graph = Graph("float")
    x = graph.input("x", "f32", (1, 6, 6, 2))
    first = graph.op(
        "CONV_2D",
        [x, _noise(graph, chance, (4, 3, 3, 2)), _noise(graph, chance, (4,))],
        padding="SAME",
        activation="RELU",
    )
    second = graph.op(
        "DEPTHWISE_CONV_2D",
        [first, _noise(graph, chance, (1, 3, 3, 4)), _noise(graph, chance, (4,))],
        padding="SAME",
    )
    joined = graph.op("ADD", [first, second], activation="RELU6")
    pooled = graph.op("MAX_POOL_2D", [joined], filter_h=2, filter_w=2, stride_h=2, stride_w=2)
    flat = graph.op("RESHAPE", [pooled, graph.constant("to", np.array([1, -1], "i4"))])
    scores = graph.op("FULLY_CONNECTED", [flat, _noise(graph, chance, (3, 36))])
    graph.output(graph.op("SOFTMAX", [scores]))
    return graph.to_bytes()


def int8_network() -> bytes:
    """A per-channel convolution and a classifier in int8."""
    chance = np.random.default_rng(2)
    graph = Graph("int8")
    x = graph.input("x", "i8", (1, 5, 5, 1), 0.02, -3)
    scales = [0.01, 0.02, 0.03]
    weights = chance.integers(-127, 128, (3, 3, 3, 1)).astype("i1")
    w = graph.constant("w", weights, scales)
    bias = graph.constant("b", np.array([5, -9, 70], "i4"), [s * 0.02 for s in scales])
    hidden = graph.op("CONV_2D", [x, w, bias], 0.05, 4, padding="VALID", activation="RELU")
    pooled = graph.op(
        "MEAN", [hidden, graph.constant("axes", np.array([1, 2], "i4"))], keep_dims=1
    )
    last = graph.constant("v", chance.integers(-127, 128, (2, 3)).astype("i1"), 0.01)
    graph.output(graph.op("SOFTMAX", [graph.op("FULLY_CONNECTED", [pooled, last], 0.1, 0)]))
    return graph.to_bytes()


def _noise(graph: Graph, chance: np.random.Generator, shape: tuple[int, ...]) -> int:
    return graph.constant("noise", chance.normal(size=shape).astype("f4"))


def run_reference(model: bytes, *inputs: NDArray[Any]) -> list[NDArray[Any]]:
    """What TensorFlow Lite Micro computes, all outputs."""
    interpreter = Interpreter.from_bytes(model, arena_size=ARENA_BYTES)
    for index, values in enumerate(inputs):
        interpreter.set_input(values, index)
    interpreter.invoke()
    return [interpreter.get_output(0)]
