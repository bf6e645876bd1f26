"""nn on the board: int16 data whose scales, weights or biases do not fit is refused."""

from pathlib import Path

import numpy as np

from runicd.model.write_tflite import Graph
from tests.native.test_nn_bad_models import load

FILTERS = {
    "CONV_2D": (5, 3, 3, 2),
    "DEPTHWISE_CONV_2D": (1, 3, 3, 2),
    "FULLY_CONNECTED": (5, 72),
}


def layer(
    op: str, *, data: str = "i16", weights: str = "i1", bias: str | None = "i8",
    scales: tuple[float | None, float | None] = (0.01, 0.02), weight_scale: float = 0.01,
    weight_zero: int = 0, activation: str = "NONE",
) -> bytes:  # fmt: skip
    """A model of one layer; `scales` are those of its input and output."""
    graph = Graph(op)
    x = graph.input("x", data, (1, 6, 6, 2), scales[0])
    shape = FILTERS[op]
    filters = graph.constant("w", np.ones(shape, weights), weight_scale, weight_zero)
    channels = shape[-1] if op.startswith("DEPTH") else shape[0]
    tensors = [x, filters]
    if bias is not None:
        tensors.append(graph.constant("b", np.ones(channels, bias), 1e-4))
    made = graph.op(op, tensors, scales[1], activation=activation)
    if scales[1] is None:
        made = graph.tensor("out", data, graph._tensors[made].shape)
        graph._ops[-1] = type(graph._ops[-1])(op, tuple(tensors), (made,), graph._ops[-1].options)
    graph.output(made)
    return graph.to_bytes()


def unary(
    op: str, scale: float | None = 0.01, zero_point: int = 0, result: float | None = None,
    shape: tuple[int, ...] = (1, 4, 4, 2), **changes: object,
) -> bytes:  # fmt: skip
    """A model of one op on one input."""
    graph = Graph(op)
    x = graph.input("x", "i16", shape, scale, zero_point)
    graph.output(graph.op(op, [x], result, **changes))  # type: ignore[arg-type]
    return graph.to_bytes()


def pair(op: str, scales: tuple[float | None, float | None], result: float) -> bytes:
    """A model of one op on two inputs."""
    graph = Graph(op)
    tensors = [
        graph.input(name, "i16", (1, 6), scale) for name, scale in zip("xy", scales, strict=True)
    ]
    graph.output(graph.op(op, tensors, result))
    return graph.to_bytes()


def mean(scale: float | None, count: int = 4) -> bytes:
    """A model of MEAN over so many values."""
    graph = Graph("MEAN")
    tensors = [graph.input("x", "i16", (1, count), scale)]
    tensors.append(graph.constant("axes", np.array([1], "i4")))
    graph.output(graph.op("MEAN", tensors))
    return graph.to_bytes()


FAR = "scales of input, filter and output are too far apart"
CASES = {
    "conv_input_scale": (layer("CONV_2D", scales=(None, 0.1)), "input or output has no scale"),
    "conv_output_scale": (layer("CONV_2D", scales=(0.1, None)), "input or output has no scale"),
    "dense_scale": (layer("FULLY_CONNECTED", scales=(None, 0.1)), "has no scale"),
    "conv_weights": (layer("CONV_2D", weights="i2"), "filter of int16 data must be int8"),
    "dense_weights": (layer("FULLY_CONNECTED", weights="i2"), "filter of int16 data must be int8"),
    "conv_bias": (layer("CONV_2D", bias="i1"), "bias of int16 data must be int64"),
    "depthwise_bias": (layer("DEPTHWISE_CONV_2D", bias="i4"), "bias of int16 data must be int64"),
    "int8_bias": (layer("CONV_2D", data="i8"), "bias does not fit the input's type"),
    "conv_far": (layer("CONV_2D", weight_scale=300.0), FAR),
    "depthwise_far": (layer("DEPTHWISE_CONV_2D", weight_scale=300.0), FAR),
    "dense_far": (layer("FULLY_CONNECTED", weight_scale=300.0), FAR),
    "dense_zero": (layer("FULLY_CONNECTED", weight_zero=1), "filter has a zero point other than"),
    "conv_zero": (layer("CONV_2D", weight_zero=1), "filter has a zero point other than 0"),
    "conv_activation": (layer("CONV_2D", activation="TANH"), "fused activation is not supported"),
    "relu_unscaled": (unary("RELU", None), "RELU: input or output has no scale"),
    "relu_far": (unary("RELU", result=1e-30), "RELU: scales of input and output are too far"),
    "relu_type": (unary("RELU", element="i8"), "RELU: output type is not supported"),
    "logistic_result": (unary("LOGISTIC", result=0.01), "LOGISTIC: output must have scale"),
    "logistic_large": (unary("LOGISTIC", 2.7), "LOGISTIC: input's scale is too large"),
    "tanh_result": (unary("TANH", result=1 / 16384), "TANH: output must have scale 1/32768"),
    "tanh_large": (unary("TANH", 3.0), "TANH: input's scale is too large"),
    "softmax_result": (unary("SOFTMAX", result=0.01), "output scale 1/32768"),
    "softmax_unscaled": (unary("SOFTMAX", None), "SOFTMAX: input must have a scale"),
    "softmax_depth": (unary("SOFTMAX", shape=(1, 65536)), "more than 65535 values in a row"),
    "softmax_far": (unary("SOFTMAX", 1e9), "beta times the input's scale is out of range"),
    "quantize_type": (unary("QUANTIZE", element="u8", result=0.1), "output type is not supported"),
    "dequantize": (unary("DEQUANTIZE", None), "DEQUANTIZE: the quantised side has no scale"),
    "add_unscaled": (pair("ADD", (None, 0.1), 0.1), "an input or the output has no scale"),
    "add_far": (pair("ADD", (0.1, 0.1), 1e-9), "scales of inputs and output are too far apart"),
    "mul_far": (pair("MUL", (0.1, 0.1), 1e-30), "scales of inputs and output are too far apart"),
    "pool_area": (
        unary("AVERAGE_POOL_2D", shape=(1, 200, 200, 1), filter_h=182, filter_w=181),
        "padding, stride or window is out of range",
    ),
    "mean_unscaled": (mean(None), "MEAN: input or output has no scale"),
    "mean_count": (mean(0.1, 32769), "reduction of more than 32768 values of int16"),
    "l2": (unary("L2_NORMALIZATION"), "int16 input is not supported; supported: float32, int8"),
}


def test_a_zero_point_is_refused(tmp_path: Path) -> None:
    (printed,) = load(tmp_path, unary("RELU", zero_point=1))
    assert printed == "tensor 0: zero point of int16 is not 0"


def test_those_that_fit_are_taken(tmp_path: Path) -> None:
    good = [
        *(layer(op) for op in FILTERS),
        *(layer(op, bias=None) for op in FILTERS),
        layer("CONV_2D", bias="i4"),
        layer("FULLY_CONNECTED", bias="i4"),
        layer("CONV_2D", weight_scale=120.0, scales=(0.01, 0.01)),
        unary("LOGISTIC", 2.6),
        unary("SOFTMAX", shape=(1, 65535)),
        unary("AVERAGE_POOL_2D", shape=(1, 200, 200, 1), filter_h=182, filter_w=180),
        pair("ADD", (0.1, 0.1), 0.1),
        mean(0.1, 32768),
    ]
    assert load(tmp_path, *good) == ["ok"] * len(good)
