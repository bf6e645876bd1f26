"""nn on the board: ops whose shapes, options or scales do not fit are refused when loading."""

from pathlib import Path

import numpy as np

from runicd.model.write_tflite import Graph
from tests.board import run_ok
from tests.native.test_nn_bad_models import load

Parts = tuple[Graph, int]

IMAGE = (1, 6, 6, 2)


def image(element: str = "f32", shape: tuple[int, ...] = IMAGE, scale: float = 0.5) -> Parts:
    """A graph with one input."""
    graph = Graph("bad")
    quant = (scale, 0) if element in ("i8", "u8") else ()
    return graph, graph.input("x", element, shape, *quant)


def weights(graph: Graph, *shape: int) -> int:
    return graph.constant("w", np.ones(shape, "f4"))


def indices(graph: Graph, *numbers: object) -> int:
    return graph.constant("n", np.array(numbers, "i4"))


def one_input(op: str, given: str = "f32", **changes: object) -> bytes:
    """A model of an op without constants."""
    graph, x = image(given)
    graph.output(graph.op(op, [x], **{"shape": IMAGE, **changes}))  # type: ignore[arg-type]
    return graph.to_bytes()


def conv(filter_shape: tuple[int, ...] = (4, 3, 3, 2), **changes: object) -> bytes:
    graph, x = image()
    settings = {"padding": "SAME", "shape": (1, 6, 6, 4), **changes}
    tensors = [x, weights(graph, *filter_shape)]
    graph.output(graph.op("CONV_2D", tensors, **settings))  # type: ignore[arg-type]
    return graph.to_bytes()


def conv_of_nothing() -> bytes:
    """Its input is a constant without elements, which divides by 0 channels."""
    graph = Graph("bad")
    x = graph.tensor("x", "f32", (1, 6, 6, 0), data=b"x")
    tensors = [x, weights(graph, 4, 3, 3, 2)]
    graph.output(graph.op("CONV_2D", tensors, padding="SAME", shape=(1, 6, 6, 4)))
    return graph.to_bytes()


def depthwise(**changes: object) -> bytes:
    graph, x = image()
    settings = {"padding": "SAME", "shape": IMAGE, **changes}
    tensors = [x, weights(graph, 1, 3, 3, 2)]
    graph.output(graph.op("DEPTHWISE_CONV_2D", tensors, **settings))  # type: ignore[arg-type]
    return graph.to_bytes()


def pool(**changes: object) -> bytes:
    settings = {"filter_h": 2, "filter_w": 2, "padding": "VALID", "shape": (1, 5, 5, 2)}
    return one_input("MAX_POOL_2D", **{**settings, **changes})


def softmax(given: str = "i8", **changes: object) -> bytes:
    return one_input("SOFTMAX", given, **changes)


def add(given: str, other: tuple[int, ...], **changes: object) -> bytes:
    graph, x = image(given)
    quant = (1e-3, 0) if given == "i8" else ()
    y = graph.input("y", given, other, *quant)
    graph.output(graph.op("ADD", [x, y], **{"shape": IMAGE, **changes}))  # type: ignore[arg-type]
    return graph.to_bytes()


def pad(numbers: list[object], *, constant: bool = True, **changes: object) -> bytes:
    graph, x = image()
    shape = (len(numbers), 2)
    amounts = indices(graph, *numbers) if constant else graph.input("n", "i32", shape)
    graph.output(graph.op("PAD", [x, amounts], **{"shape": IMAGE, **changes}))  # type: ignore[arg-type]
    return graph.to_bytes()


def concatenation(other: tuple[int, ...], **changes: object) -> bytes:
    graph, x = image()
    y = graph.input("y", "f32", other)
    settings = {"axis": 3, "shape": (1, 6, 6, 5), **changes}
    graph.output(graph.op("CONCATENATION", [x, y], **settings))  # type: ignore[arg-type]
    return graph.to_bytes()


def mean(axes: tuple[int, ...], shape: tuple[int, ...] = (1, 2)) -> bytes:
    graph, x = image()
    graph.output(graph.op("MEAN", [x, indices(graph, *axes)], shape=shape))
    return graph.to_bytes()


HUGE = 1 << 30
NO_PADS: list[object] = [(0, 0)] * 4
CASES = {
    "conv_stride_zero": (conv(stride_h=0), "CONV_2D: padding, stride or dilation is out of range"),
    "conv_stride_negative": (conv(stride_w=-1), "out of range"),
    "conv_dilation_zero": (conv(dilation_h=0), "out of range"),
    "conv_dilation_huge": (conv(dilation_h=HUGE), "out of range"),
    "conv_padding_unknown": (conv(padding=7), "out of range"),
    "conv_too_small": (conv((4, 9, 9, 2), padding="VALID"), "out of range"),
    "conv_output_shape": (conv(shape=(1, 5, 6, 4)), "output shape does not follow"),
    "conv_output_batch": (conv(shape=(2, 6, 6, 4)), "output shape does not follow"),
    "conv_output_rank": (conv(shape=(6, 6, 4)), "must have 4 dimensions"),
    "conv_filter_rank": (conv((4, 3, 2)), "must have 4 dimensions"),
    "conv_channels_out": (conv((5, 3, 3, 2)), "channels of input, filter and output do not fit"),
    "conv_channels_in": (conv((4, 3, 3, 3)), "channels of input, filter and output do not fit"),
    "conv_groups": (conv((3, 3, 3, 1), shape=(1, 6, 6, 3)), "channels of input, filter"),
    "conv_activation": (conv(activation="TANH"), "fused activation is not supported"),
    "conv_of_nothing": (conv_of_nothing(), "first input is empty"),
    "depthwise_channels": (depthwise(shape=(1, 6, 6, 3)), "channels of input, filter"),
    "depthwise_output": (depthwise(shape=(1, 6, 7, 2)), "output shape does not follow"),
    "pool_window_least": (pool(filter_h=-(1 << 31)), "MAX_POOL_2D: padding, stride or window is"),
    "pool_window_zero": (pool(filter_h=0), "MAX_POOL_2D: padding, stride or window is out of"),
    "pool_window_huge": (pool(filter_h=1 << 13, filter_w=1 << 12), "is out of range"),
    "pool_stride_zero": (pool(stride_w=0), "out of range"),
    "pool_output": (pool(shape=(1, 6, 6, 2)), "output shape does not follow"),
    "pool_type": (pool(element="i8", scale=0.5), "must have 4 dimensions and one type"),
    "softmax_scale": (softmax(scale=0.5), "output must have scale 1/256 and zero point -128"),
    "softmax_shape": (softmax("f32", shape=(1, 6, 12)), "must have the same shape and type"),
    "softmax_beta": (softmax(beta=1e-9), "beta times the input's scale is too small"),
    "softmax_beta_nan": (softmax("f32", beta=float("nan")), "beta is not a finite number"),
    "logistic_zero": (one_input("LOGISTIC", "i8", scale=1 / 256), "must have zero point -128"),
    "tanh_type": (one_input("TANH", "i8", element="f32"), "output is not int8"),
    "relu_count": (one_input("RELU", shape=(1, 6, 6, 3)), "input and output differ in size"),
    "quantize_type": (one_input("QUANTIZE", element="i32"), "output type is not supported"),
    "quantize_scale": (one_input("QUANTIZE", element="i8"), "quantised side has no scale"),
    "requantize_u8": (one_input("QUANTIZE", "u8", scale=1.0), "output type is not supported"),
    "dequantize": (one_input("DEQUANTIZE", "i8", element="i32"), "output must be float32"),
    "add_shapes": (add("f32", (1, 6, 5, 2)), "ADD: shapes cannot be broadcast to the output's"),
    "add_output": (add("f32", IMAGE, shape=(2, 6, 6, 2)), "cannot be broadcast"),
    "add_scales": (add("i8", IMAGE, scale=1e-8), "scales of inputs and output are too far"),
    "add_types": (add("f32", IMAGE, element="i8", scale=0.5), "inputs and output differ in type"),
    "pad_negative": (pad([(0, 0), (-1, 1), (0, 0), (0, 0)]), "PAD: a padding is negative"),
    "pad_output": (pad([(0, 0), (1, 1), (0, 0), (0, 0)]), "output shape does not follow"),
    "pad_overflow": (pad([(0, 0), (2**31 - 1, 2**31 - 1), (0, 0), (0, 0)]), "does not follow"),
    "pad_count": (pad([(0, 0)] * 3), "paddings must be constant integers, two per dimension"),
    "pad_not_constant": (pad(NO_PADS, constant=False), "paddings must be constant integers"),
    "concatenation_axis": (concatenation((1, 6, 6, 3), axis=4), "axis is out of range"),
    "concatenation_low": (concatenation((1, 6, 6, 3), axis=-5), "axis is out of range"),
    "concatenation_side": (concatenation((1, 6, 5, 3)), "differ in type or in another axis"),
    "concatenation_rank": (concatenation((6, 6, 3)), "differ in type or in another axis"),
    "concatenation_sum": (concatenation((1, 6, 6, 4)), "not as long as its inputs together"),
    "concatenation_relu": (concatenation((1, 6, 6, 3), activation="RELU"), "fused activation"),
    "mean_axis": (mean((1, 4)), "MEAN: axis is out of range"),
    "mean_axis_low": (mean((-5,)), "axis is out of range"),
    "mean_output": (mean((1, 2), (1, 3)), "output shape does not follow"),
    "reshape_size": (one_input("SQUEEZE", shape=(6, 6, 3)), "differ in size or type"),
}  # fmt: skip


def test_the_models_those_are_made_from_are_good(tmp_path: Path) -> None:
    good = [
        conv(),
        depthwise(),
        pool(),
        softmax("f32"),
        add("f32", (6, 1)),
        pad(NO_PADS),
        concatenation((1, 6, 6, 3)),
        mean((1, -2)),
    ]
    assert load(tmp_path, *good) == ["ok"] * len(good)


def test_a_dilation_of_a_single_tap_may_be_huge(tmp_path: Path) -> None:
    """Times the channels it passed 2^31: only the sanitised firmware noticed."""
    paths = []
    for dilation in (1, 1 << 23):
        graph, x = image(shape=(1, 2, 3, 300))
        options = {"padding": "SAME", "dilation_w": dilation, "shape": (1, 2, 3, 2)}
        graph.output(graph.op("CONV_2D", [x, weights(graph, 2, 1, 1, 300)], **options))  # type: ignore[arg-type]
        paths.append(tmp_path / f"{dilation}.tflite")
        paths[-1].write_bytes(graph.to_bytes())
    script = """
import nn, sys
for path in sys.argv[1:]:
    model = nn.Model(open(path, "rb").read())
    view = model.input(0)
    for i in range(len(view)):
        view[i] = i % 7
    model.invoke()
    print(list(model.output(0)))
"""
    near, far = run_ok(script, *paths).splitlines()
    assert near == far
    assert near.startswith("[89")
