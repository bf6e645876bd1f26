"""nn on the board: reductions and products that do not fit are refused when loading."""

from pathlib import Path

import numpy as np

from runicd.model.write_tflite import Graph
from tests.native.nn_cases_shapes import add_list
from tests.native.test_nn_bad_models import load
from tests.native.test_nn_bad_ops import IMAGE, image, one_input

Numbers = tuple[int, ...]


def reduced(
    op: str, axes: Numbers = (1,), shape: Numbers = (1, 6, 2), given: str = "f32",
    constant: bool = True, **changes: object,
) -> bytes:  # fmt: skip
    graph, x = image(given)
    n = add_list(graph, *axes) if constant else graph.input("n", "i32", (len(axes),))
    graph.output(graph.op(op, [x, n], shape=shape, **changes))  # type: ignore[arg-type]
    return graph.to_bytes()


def matmul(
    one: Numbers = (2, 3, 4), two: Numbers = (2, 4, 5), shape: Numbers = (2, 3, 5),
    given: str = "f32", **changes: object,
) -> bytes:  # fmt: skip
    graph = Graph("bad")
    quant = (0.5, 0) if given == "i8" else ()
    tensors = [graph.input(name, given, dims, *quant) for name, dims in (("x", one), ("y", two))]
    graph.output(graph.op("BATCH_MATMUL", tensors, shape=shape, **changes))  # type: ignore[arg-type]
    return graph.to_bytes()


def transpose_conv(
    wanted: Numbers = (1, 12, 12, 4), filter_shape: Numbers = (4, 3, 3, 2), given: str = "f32",
    constant: bool = True, **changes: object,
) -> bytes:  # fmt: skip
    graph, x = image(given)
    if given == "i8":
        w = graph.constant("w", np.ones(filter_shape, "i1"), 0.5, int(changes.pop("zero", 0)))  # type: ignore[call-overload]
    else:
        w = graph.constant("w", np.ones(filter_shape, "f4"))
    shape = add_list(graph, *wanted) if constant else graph.input("s", "i32", (4,))
    bias = changes.pop("bias", None)
    more = [] if bias is None else [graph.constant("b", np.zeros(bias, "f4"))]  # type: ignore[call-overload]
    settings = {"stride_h": 2, "stride_w": 2, "shape": (1, 12, 12, 4), **changes}
    graph.output(graph.op("TRANSPOSE_CONV", [shape, w, x, *more], **settings))  # type: ignore[arg-type]
    return graph.to_bytes()


def without_data() -> bytes:
    """A TRANSPOSE_CONV that lacks the input by whose type a kernel is found."""
    graph = Graph("bad")
    shape = graph.input("s", "i32", (4,))
    w = graph.constant("w", np.ones((4, 3, 3, 2), "f4"))
    graph.output(graph.op("TRANSPOSE_CONV", [shape, w], shape=IMAGE, element="f32"))
    return graph.to_bytes()


CASES = {
    "sum_axis": (reduced("SUM", (4,)), "SUM: axis is out of range"),
    "sum_output": (reduced("SUM", shape=(1, 6, 3)), "SUM: output shape does not follow"),
    "sum_computed": (reduced("SUM", constant=False), "SUM: axes must be constant integers"),
    "sum_scales": (reduced("SUM", given="i8", scale=1e-30), "SUM: scales of input and output"),
    "largest_scale": (reduced("REDUCE_MAX", given="i8", scale=0.25), "differ in scale or zero"),
    "largest_zero": (reduced("REDUCE_MAX", given="i8", scale=0.5, zero_point=1), "or zero point"),
    "largest_type": (reduced("REDUCE_MAX", element="i32"), "input and output differ in type"),
    "place_axes": (reduced("ARG_MAX", (1, 2)), "ARG_MAX: axis must be one constant integer"),
    "place_axis": (reduced("ARG_MIN", (-5,)), "ARG_MIN: axis is out of range"),
    "place_int64": (reduced("ARG_MAX", element="i64"), "ARG_MAX: output must be int32"),
    "place_output": (reduced("ARG_MAX", shape=(1, 6)), "output shape does not follow from input"),
    "l2_scale": (one_input("L2_NORMALIZATION", "i8", scale=0.5), "scale 1/128 and zero point 0"),
    "l2_shape": (one_input("L2_NORMALIZATION", shape=(1, 6, 12)), "same shape and type"),
    "l2_relu": (one_input("L2_NORMALIZATION", activation="RELU"), "fused activation is not"),
    "matmul_depth": (matmul(two=(2, 3, 5)), "BATCH_MATMUL: rows, columns and depth of inputs"),
    "matmul_turned": (matmul(adj_x=1), "rows, columns and depth of inputs and output do not fit"),
    "matmul_output": (matmul(shape=(2, 3, 4)), "rows, columns and depth of inputs and output"),
    "matmul_batches": (matmul(two=(3, 4, 5)), "batches cannot be broadcast to the output's"),
    "matmul_wide": (matmul(shape=(4, 3, 5)), "batches cannot be broadcast to the output's"),
    "matmul_rank": (matmul((4,), (4, 5), (1, 5)), "must have 2 dimensions or more"),
    "matmul_type": (matmul(element="i32"), "inputs and output differ in type"),
    "matmul_scale": (matmul(given="i8", scale=1e-30), "scales of inputs and output are too far"),
    "conv_shape": (transpose_conv((1, 12, 13, 4)), "TRANSPOSE_CONV: output does not have the sh"),
    "conv_computed": (transpose_conv(constant=False), "output's shape must be four constant int"),
    "conv_sides": (
        transpose_conv((1, 14, 12, 4), shape=(1, 14, 12, 4)),
        "input shape does not follow from output, filter and stride",
    ),
    "conv_batch": (transpose_conv((2, 12, 12, 4), shape=(2, 12, 12, 4)), "input shape does not"),
    "conv_stride": (transpose_conv(stride_h=0), "padding or stride is out of range"),
    "conv_padding": (transpose_conv(padding=7), "padding or stride is out of range"),
    "conv_channels": (transpose_conv(filter_shape=(4, 3, 3, 3)), "channels of input, filter"),
    "conv_filters": (transpose_conv(filter_shape=(5, 3, 3, 2)), "channels of input, filter"),
    "conv_rank": (transpose_conv(filter_shape=(4, 3, 2)), "must have 4 dimensions"),
    "conv_bias": (transpose_conv(bias=5), "bias does not fit the output channels"),
    "conv_zero": (transpose_conv(given="i8", zero=1), "filter has a zero point other than 0"),
    "conv_scale": (transpose_conv(given="i8", scale=1e-30), "scales of input, filter and output"),
    "conv_tanh": (transpose_conv(activation="TANH"), "fused activation is not supported"),
    "conv_of_nothing": (without_data(), "TRANSPOSE_CONV: unknown input is not supported; suppo"),
}  # fmt: skip


def test_the_models_those_are_made_from_are_good(tmp_path: Path) -> None:
    good = [
        reduced("SUM"),
        reduced("REDUCE_MAX", given="i8"),
        reduced("ARG_MAX"),
        one_input("L2_NORMALIZATION", "i8"),
        matmul(),
        matmul(given="i8", shape=(2, 3, 5), scale=8.0),
        transpose_conv(),
        transpose_conv(given="i8", scale=8.0),
    ]
    assert load(tmp_path, *good) == ["ok"] * len(good)
