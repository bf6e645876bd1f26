"""nn on the board: functions and pairs of inputs that do not fit are refused when loading."""

from pathlib import Path

from runicd.model.write_tflite import Graph
from tests.board import run_ok
from tests.native.test_nn_bad_models import load
from tests.native.test_nn_bad_ops import IMAGE, image, one_input


def two_inputs(
    op: str, given: str = "f32", other: str | None = None, shape: tuple[int, ...] = IMAGE,
    scales: tuple[float, float] = (0.5, 0.5), **changes: object,
) -> bytes:  # fmt: skip
    """A model of an op on two inputs, the second of another type or shape."""
    graph, x = image(given, scale=scales[0])
    kind = other or given
    quant = (scales[1], 0) if kind == "i8" else ()
    y = graph.input("y", kind, shape, *quant)
    graph.output(graph.op(op, [x, y], **{"shape": IMAGE, **changes}))  # type: ignore[arg-type]
    return graph.to_bytes()


def unscaled(op: str, *, pair: bool = False) -> bytes:
    """A model of int8 tensors without scales."""
    graph = Graph("bad")
    inputs = [graph.input(name, "i8", IMAGE) for name in ("xy" if pair else "x")]
    graph.output(graph.op(op, inputs, shape=IMAGE))
    return graph.to_bytes()


def wide_prelu() -> bytes:
    """Alpha is larger than the input, which only other ops on pairs may broadcast."""
    graph, x = image()
    y = graph.input("y", "f32", (2, 6, 6, 2))
    graph.output(graph.op("PRELU", [x, y], shape=(2, 6, 6, 2)))
    return graph.to_bytes()


NAN = float("nan")
FAR = "scales of input and output are too far apart"
CASES = {
    "sub_shapes": (two_inputs("SUB", shape=(1, 6, 5, 2)), "SUB: shapes cannot be broadcast"),
    "sub_types": (two_inputs("SUB", other="i32"), "SUB: inputs and output differ in type"),
    "sub_scales": (two_inputs("SUB", "i8", scale=1e-8), "SUB: scales of inputs and output"),
    "sub_unscaled": (unscaled("SUB", pair=True), "SUB: an input or the output has no scale"),
    "sub_activation": (two_inputs("SUB", activation="TANH"), "SUB: fused activation is not"),
    "sub_int32": (two_inputs("SUB", "i32"), "SUB: int32 input is not supported; supported: f"),
    "maximum_types": (two_inputs("MAXIMUM", other="i8"), "MAXIMUM: inputs differ in type"),
    "maximum_out": (two_inputs("MAXIMUM", element="i32"), "inputs and output differ in type"),
    "minimum_shape": (two_inputs("MINIMUM", shape=(6, 3)), "MINIMUM: shapes cannot be broadcast"),
    "minimum_output": (two_inputs("MINIMUM", shape=(2, 6, 6, 2)), "cannot be broadcast"),
    "equal_output": (two_inputs("EQUAL", element="f32"), "EQUAL: output must be bool"),
    "equal_scale": (two_inputs("EQUAL", "i8", scales=(0.5, 1.0)), "missing or not below 1"),
    "less_scale": (two_inputs("LESS", "i8", scales=(1.5, 0.5)), "LESS: an input's scale is miss"),
    "less_unscaled": (unscaled("LESS", pair=True), "an input's scale is missing or not below 1"),
    "less_bool": (two_inputs("LESS", "bool"), "LESS: bool input is not supported; supported: f"),
    "greater_types": (two_inputs("GREATER", "i32", "f32"), "GREATER: inputs differ in type"),
    "prelu_wide": (wide_prelu(), "PRELU: input and output must have the same shape"),
    "prelu_scales": (two_inputs("PRELU", "i8", scale=1e-30), "too far apart"),
    "prelu_unscaled": (unscaled("PRELU", pair=True), "an input or the output has no scale"),
    "abs_count": (one_input("ABS", shape=(1, 6, 6, 3)), "ABS: input and output differ in size"),
    "abs_type": (one_input("ABS", "i8", element="f32"), "output is not int8, or a scale is"),
    "abs_scale": (one_input("ABS", "i8", scale=1e-30), f"ABS: {FAR}"),
    "abs_unscaled": (unscaled("ABS"), "ABS: output is not int8, or a scale is missing"),
    "neg_int8": (one_input("NEG", "i8"), "NEG: int8 input is not supported; supported: float32"),
    "exp_type": (one_input("EXP", element="i32"), "EXP: input and output differ in type"),
    "elu_unscaled": (unscaled("ELU"), "ELU: output is not int8, or a scale is missing"),
    "hard_swish_far": (one_input("HARD_SWISH", "i8", scale=1e-4), f"HARD_SWISH: {FAR}"),
    "hard_swish_unscaled": (unscaled("HARD_SWISH"), "a scale is missing"),
    "rsqrt_far": (one_input("RSQRT", "i8", scale=1e9), f"RSQRT: {FAR}"),
    "rsqrt_close": (one_input("RSQRT", "i8", scale=1e-30), f"RSQRT: {FAR}"),
    "leaky_nan": (one_input("LEAKY_RELU", alpha=NAN), "LEAKY_RELU: alpha is not a finite"),
    "leaky_nan_int8": (one_input("LEAKY_RELU", "i8", alpha=NAN), "alpha is negative or not a n"),
    "leaky_negative": (one_input("LEAKY_RELU", "i8", alpha=-0.5), "alpha is negative or not"),
    "leaky_steep": (one_input("LEAKY_RELU", "i8", alpha=1e30), f"LEAKY_RELU: {FAR}"),
    "cast_count": (one_input("CAST", shape=(1, 6)), "CAST: input and output differ in size"),
    "cast_to": (one_input("CAST", element="i64"), "CAST: output type is not supported for this"),
    "cast_from": (one_input("CAST", "i64", element="f32"), "CAST: int64 input is not supported"),
}  # fmt: skip


def test_the_models_those_are_made_from_are_good(tmp_path: Path) -> None:
    good = [
        two_inputs("SUB", "i8"),
        two_inputs("EQUAL", "i8"),
        two_inputs("PRELU", shape=(2,)),
        one_input("ABS", "i8"),
        one_input("HARD_SWISH", "i8"),
        one_input("RSQRT", "i8"),
        one_input("LEAKY_RELU", "i8", alpha=0.5),
        one_input("CAST", "bool", element="i32"),
    ]
    assert load(tmp_path, *good) == ["ok"] * len(good)


def test_rsqrt_of_what_is_not_above_zero_is_the_largest(tmp_path: Path) -> None:
    """TensorFlow Lite Micro stops at such a value; a model here cannot stop."""
    graph = Graph()
    x = graph.input("x", "i8", (1, 3), 0.5, 3)
    graph.output(graph.op("RSQRT", [x], 0.01, 0))
    (tmp_path / "model").write_bytes(graph.to_bytes())
    script = """
import nn, sys
model = nn.Model(open(sys.argv[1], "rb").read())
for i, value in enumerate((-128, 3, 127)):
    model.input(0)[i] = value
model.invoke()
print(list(model.output(0)))
"""
    assert run_ok(script, tmp_path / "model") == "[127, 127, 13]\n"
