"""nn on the board: ops with a state that do not fit are refused; the state lasts until a reset."""

from pathlib import Path

import numpy as np
import pytest

from runicd.model.read_tflite import ABSENT
from runicd.model.write_tflite import Graph
from tests.board import run_ok
from tests.native.test_nn_bad_models import load

Numbers = tuple[int, ...]
ROWS: Numbers = (1, 4)
STEPS: Numbers = (2, 5, 4)


def svdf(
    given: str = "f32", *, weights: Numbers = (6, 4), over_time: Numbers = (6, 3),
    bias: Numbers = (3,), state: Numbers = (1, 18), kind: str | None = None,
    shape: Numbers = (1, 3),
    variable: bool = True, bias_type: str | None = None, **changes: object,
) -> bytes:  # fmt: skip
    """An SVDF of 6 filters in 3 units, each with a memory of 3."""
    graph = Graph("bad")
    is_float = given == "f32"
    quant = () if is_float else (0.5, 0)
    x = graph.input("x", given, ROWS, *quant)
    dtype = "f4" if is_float else "i1"
    parts = [graph.constant("w", np.ones(dims, dtype), *quant) for dims in (weights, over_time)]
    kinds = bias_type or ("f4" if is_float else "i4")
    parts.append(graph.constant("b", np.zeros(bias, kinds)))
    kind = kind or given
    kept = quant if kind != "i16" else (0.5, 0)
    if variable:
        parts.append(graph.tensor("s", kind, state, *kept, is_variable=True))
    else:
        parts.append(graph.input("s", kind, state, *kept))
    settings = {"rank": 2, "shape": shape, **changes}
    graph.output(graph.op("SVDF", [x, *parts], **settings))  # type: ignore[arg-type]
    return graph.to_bytes()


def lstm(
    given: str = "f32", changed: dict[int, Numbers] | None = None, absent: Numbers = (),
    extra: Numbers = (), variable: bool = True, cell_scale: float = 2.0**-12,
    cell_type: str = "i16", zero: int = 0, **changes: object,
) -> bytes:  # fmt: skip
    """An LSTM of 3 cells on rows of 4; `changed` gives inputs by place another shape."""
    graph = Graph("bad")
    is_float = given == "f32"
    sizes: dict[int, Numbers] = {
        **dict.fromkeys(range(1, 5), (3, 4)), **dict.fromkeys(range(5, 9), (3, 3)),
        **dict.fromkeys(range(12, 16), (3,)), 18: (2, 3), 19: (2, 3), **(changed or {}),
        **dict.fromkeys(extra, (3,)),
    }  # fmt: skip
    places = [graph.input("x", given, STEPS, *(() if is_float else (0.5, 0)))]
    for place in range(1, 24):
        if place not in sizes or place in absent:
            places.append(ABSENT)
        elif place in (18, 19):
            kind = "f32" if is_float else ("i8", cell_type)[place - 18]
            quant = () if is_float else ((0.01, 0), (cell_scale, 0))[place - 18]
            make = graph.tensor("s", kind, sizes[place], *quant, is_variable=variable)
            places.append(make)
            if not variable:
                graph._inputs.append(make)
        elif is_float:
            places.append(graph.constant("w", np.ones(sizes[place], "f4")))
        elif place >= 12:
            places.append(graph.constant("b", np.ones(sizes[place], "i4")))
        else:
            places.append(graph.constant("w", np.ones(sizes[place], "i1"), 0.01, zero))
    quant = {} if is_float else {"scale": 0.01, "zero_point": 0}
    settings = {"activation": "TANH", "shape": (2, 5, 3), **quant, **changes}
    graph.output(graph.op("UNIDIRECTIONAL_SEQUENCE_LSTM", places, **settings))  # type: ignore[arg-type]
    return graph.to_bytes()


NAN = float("nan")
FIT = "shapes of input, weights, bias and output do not fit"
CASES = {
    "svdf_rank_zero": (svdf(rank=0), "SVDF: rank does not divide the filters"),
    "svdf_rank_low": (svdf(rank=-2), "SVDF: rank does not divide the filters"),
    "svdf_rank": (svdf(rank=4), "SVDF: rank does not divide the filters"),
    "svdf_weights": (svdf(weights=(6, 5)), FIT),
    "svdf_flat": (svdf(weights=(24,)), "input and weights must have 2 dimensions"),
    "svdf_time": (svdf(over_time=(5, 3)), FIT),
    "svdf_bias": (svdf(bias=(4,)), FIT),
    "svdf_output": (svdf(shape=(1, 4)), FIT),
    "svdf_state": (svdf(state=(1, 17)), "state does not have a place for each filter's memory"),
    "svdf_fixed": (svdf(variable=False), "SVDF: state must be a variable"),
    "svdf_types": (svdf("i8", kind="i16"), "types of input, weights, bias, state and output"),
    "svdf_bias_type": (svdf("i8", bias_type="f4"), "types of input, weights, bias, state and out"),
    "svdf_scale": (svdf("i8", scale=1e-30), "SVDF: scales of inputs, state and output are too f"),
    "svdf_tanh": (svdf(activation="TANH"), "SVDF: fused activation is not supported"),
    "lstm_weights": (lstm(changed={2: (3, 5)}), "shapes of input, weights and bias do not fit"),
    "lstm_recurrent": (lstm(changed={8: (3, 4)}), "shapes of input, weights and bias do not fit"),
    "lstm_bias": (lstm(changed={12: (4,)}), "shapes of input, weights and bias do not fit"),
    "lstm_hidden": (lstm(changed={18: (2, 4)}), "states do not have a value for each cell"),
    "lstm_cell": (lstm(changed={19: (1, 3)}), "states do not have a value for each cell"),
    "lstm_no_gate": (lstm(absent=(1, 5, 12)), "LSTM: an input is missing"),
    "lstm_no_bias": (lstm(absent=(13,)), "LSTM: an input is missing"),
    "lstm_no_state": (lstm(absent=(18,)), "hidden and cell state must be variables"),
    "lstm_fixed": (lstm(variable=False), "hidden and cell state must be variables"),
    "lstm_peephole": (lstm(extra=(9,)), "peepholes, projection and layer normalisation are not"),
    "lstm_projection": (lstm(extra=(16,)), "peepholes, projection and layer normalisation are"),
    "lstm_norm": (lstm(extra=(23,)), "peepholes, projection and layer normalisation are not"),
    "lstm_relu": (lstm(activation="RELU"), "LSTM: activation must be TANH"),
    "lstm_clip": (lstm(cell_clip=-1.0), "cell clip is negative or not a number"),
    "lstm_clip_nan": (lstm(cell_clip=NAN), "cell clip is negative or not a number"),
    "lstm_output": (lstm(shape=(2, 4, 3)), "input and output differ in batches or steps"),
    "lstm_rank": (lstm(shape=(10, 3)), "input and output must have 3 dimensions"),
    "lstm_cell_type": (lstm("i8", cell_type="i8"), "types of input, states and output do not fit"),
    "lstm_cell_scale": (lstm("i8", cell_scale=3e-4), "cell state's scale is no power of two from"),
    "lstm_cell_small": (lstm("i8", cell_scale=2.0**-16), "no power of two from 2^-15 to 2^-9"),
    "lstm_cell_large": (lstm("i8", cell_scale=2.0**-8), "no power of two from 2^-15 to 2^-9"),
    "lstm_hidden_scale": (lstm("i8", scale=0.02), "or output and hidden state differ in it"),
    "lstm_zero": (lstm("i8", zero=1), "weights have no scale, a zero point, or a scale too far"),
}  # fmt: skip


def test_the_models_those_are_made_from_are_good(tmp_path: Path) -> None:
    good = [svdf(), svdf("i8"), lstm(), lstm("i8"), lstm("i8", cell_clip=2.0)]
    assert load(tmp_path, *good) == ["ok"] * len(good)


RESET_SCRIPT = """
import nn, sys
model = nn.Model(open(sys.argv[1], "rb").read())
for i in range(len(model.input(0))):
    model.input(0)[i] = i - 3
def run():
    model.invoke()
    return bytes(model.output(0))
first = run()
second = run()
model.reset()
print(first != second, run() == first, run() == second)
model.close()
try:
    model.reset()
except ValueError:
    print("closed")
"""


@pytest.mark.parametrize("model", [svdf(), lstm(), lstm("i8")])
def test_a_state_lasts_until_the_reset(model: bytes, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(model)
    assert run_ok(RESET_SCRIPT, tmp_path / "model") == "True True True\nclosed\n"
