"""nn on the board: weights of int4 that do not fit are refused."""

from pathlib import Path

import numpy as np

from runicd.model.read_tflite import Op, Tensor
from runicd.model.write_tflite import Graph, _write
from tests.native.test_nn_bad_models import load

FILTERS = {
    "CONV_2D": (5, 3, 3, 2),
    "DEPTHWISE_CONV_2D": (1, 3, 3, 2),
    "FULLY_CONNECTED": (5, 72),
}


def layer(
    op: str, *, data: str = "i8", scale: float | list[float] | None = 0.01, weight_zero: int = 0,
    spare: int = 0, computed: bool = False, given_out: bool = False,
) -> bytes:  # fmt: skip
    """A model of one layer; `spare` bytes are cut off its weights, which may be computed."""
    graph = Graph(op)
    x = graph.input("x", data, (1, 6, 6, 2), 0.5)
    w = graph.constant("w", np.ones(FILTERS[op], "i1"), scale, weight_zero, element="i4")
    graph.output(graph.op(op, [x, w], 0.1))
    made, weights = list(graph._tensors), graph._tensors[w]
    kept = None if computed else (weights.data or b"")[: len(weights.data or b"") - spare]
    made[w] = Tensor("w", "i4", weights.shape, weights.scales, weights.zero_points, 0, kept, False)
    outputs = [w] if given_out else graph._outputs
    return _write("", made, graph._ops, [x, w] if computed else [x], outputs)


def add() -> bytes:
    """Two tensors are added, of which one is int4."""
    graph = Graph("ADD")
    x = graph.input("x", "i8", (1, 4), 0.5)
    w = graph.constant("w", np.ones((1, 4), "i1"), 0.01, element="i4")
    y = graph.tensor("y", "i8", (1, 4), 0.1)
    graph.output(y)
    operation = Op("ADD", (x, w), (y,), {"activation": 0})
    return _write("", graph._tensors, [operation], [x], [y])


MANY = [0.01] * 5
CASES = {
    "wide": (layer("CONV_2D", data="i16"), "CONV_2D: data of an int4 filter must be int8"),
    "dense_scales": (layer("FULLY_CONNECTED", scale=MANY), "filter of int4 has more than one sc"),
    "conv_unscaled": (layer("CONV_2D", scale=None), "CONV_2D: filter has neither one scale nor"),
    "dense_unscaled": (layer("FULLY_CONNECTED", scale=None), "filter or output has no scale"),
    "add": (add(), "ADD: int4 input is not supported; supported: float32, int16, int8"),
}


def test_tensors_are_refused(tmp_path: Path) -> None:
    short, zero, computed = load(
        tmp_path,
        layer("CONV_2D", spare=1),
        layer("CONV_2D", weight_zero=1),
        layer("FULLY_CONNECTED", computed=True),
    )
    assert short == "tensor 1: data is shorter than the shape needs"
    assert zero == "tensor 1: zero point is outside the element type"
    assert computed == "tensor 1: int4 is not a constant"


def test_weights_are_no_output(tmp_path: Path) -> None:
    (printed,) = load(tmp_path, layer("CONV_2D", given_out=True))
    assert printed != "ok"


def test_those_that_fit_are_taken(tmp_path: Path) -> None:
    good = [layer(op) for op in FILTERS] + [layer("CONV_2D", scale=MANY)]
    assert load(tmp_path, *good) == ["ok"] * len(good)
