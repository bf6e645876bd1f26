"""`runicd model diff` and `model check`: what differs, and what a board computes otherwise."""

import json
from pathlib import Path

import numpy as np
import pytest

from runicd.bare_model import run
from runicd.check_model import check
from runicd.errors import ModelError
from runicd.model.compare import differences
from runicd.model.cut import with_output
from runicd.model.oracles import ORACLES, random_inputs
from runicd.model.read_tflite import read_tflite
from tests.conftest import Command
from tests.flow.runes import DIGITS, SINE
from tests.host.model_samples import float_network, int8_network

pytestmark = pytest.mark.usefixtures("state_folder")
MODEL = DIGITS / "digits.tflite"


def altered(path: Path) -> bytes:
    """Return a model with one weight of its second convolution changed, and all else as it was."""
    data = path.read_bytes()
    model = read_tflite(data)
    weights = model.tensors[model.ops[1].inputs[1]].data
    assert weights is not None
    at = data.index(weights)
    return data[:at] + bytes([weights[0] ^ 0x40]) + data[at + 1 :]


def test_a_model_does_not_differ_from_itself(command: Command) -> None:
    ended = command("model", "diff", MODEL, MODEL)
    assert (ended.code, ended.out) == (0, "No difference.\n")
    assert json.loads(command("model", "diff", MODEL, MODEL, "--json").out) == []


def test_one_changed_weight_is_found(command: Command, tmp_path: Path) -> None:
    (tmp_path / "new.tflite").write_bytes(altered(MODEL))
    ended = command("model", "diff", MODEL, "new.tflite", "--json")
    assert ended.code == 1
    (row,) = json.loads(ended.out)
    assert (row["one"], row["other"], row["op"]) == ("1", "1", "CONV_2D")
    assert row["what"].endswith(": 1 of 2592 values differ, by 64 at most")


def test_operators_that_only_one_model_has_are_told() -> None:
    one, other = read_tflite(int8_network()), read_tflite(MODEL.read_bytes())
    found = differences(one, other)
    assert {row.op for row in found if row.what.startswith("only in the second")} >= {
        "CONV_2D",
        "MAX_POOL_2D",
    }
    assert any(row.what.startswith("only in the first") for row in found)
    assert [row.op for row in found[:2]] == ["inputs", "outputs"]


def test_other_quantisation_is_told() -> None:
    data = MODEL.read_bytes()
    scale = np.float32(read_tflite(data).tensors[read_tflite(data).outputs[0]].scale)
    changed = data.replace(scale.tobytes(), np.float32(scale * 2).tobytes())
    found = differences(read_tflite(data), read_tflite(changed))
    assert any("zero point 6 -> scale" in row.what for row in found)


@pytest.mark.parametrize("against", ORACLES)
@pytest.mark.parametrize("model", [MODEL, SINE / "sine_float.tflite"], ids=["int8", "float"])
def test_check_finds_nothing_wrong_with_the_board(
    command: Command, model: Path, against: str
) -> None:
    ended = command("model", "check", model, "--against", against, "-n", 5)
    assert ended.code == 0, ended.err
    assert ended.out.endswith(f"equal to {against}\n")


def test_check_names_the_first_operator_that_differs() -> None:
    def board(data: bytes, calls: object) -> object:
        """Run another model than the oracle's, as a board with a fault would seem to."""
        given = read_tflite(data)
        other = altered(MODEL)
        if given.outputs != read_tflite(other).outputs:
            other = with_output(other, given.outputs[0])
        return list(run(other, calls))  # type: ignore[arg-type]

    found = check(MODEL.read_bytes(), board, ORACLES["numpy"], 3)  # type: ignore[arg-type]
    assert found.difference is not None
    assert (found.difference.op, found.difference.name) == (1, "CONV_2D")
    assert found.difference.wrong > 0
    assert found.difference.most >= 1


@pytest.mark.parametrize("network", [int8_network(), float_network()], ids=["int8", "float"])
def test_a_model_cut_off_behind_any_operator_gives_that_operators_output(network: bytes) -> None:
    model = read_tflite(network)
    inputs = random_inputs(model, np.random.default_rng(3))
    wanted = ORACLES["tflite-micro"](network, inputs)
    for op in model.ops:
        ((values,),) = run(with_output(network, op.outputs[0]), [inputs], heap_bytes=4 << 20)
        np.testing.assert_allclose(
            values, wanted[op.outputs[0]], rtol=1e-5 if values.dtype.kind == "f" else 0, atol=1e-6
        )


def test_a_model_without_outputs_cannot_be_cut() -> None:
    with pytest.raises(ModelError):
        with_output(bytes(64), 0)


@pytest.mark.parametrize("verb", ["info", "check", "diff"])
def test_what_is_no_model_is_one_line(command: Command, tmp_path: Path, verb: str) -> None:
    (tmp_path / "text.tflite").write_text("no model at all")
    other = ["text.tflite"] if verb == "diff" else []
    ended = command("model", verb, "text.tflite", *other)
    assert ended.code == 1
    assert ended.err.startswith("runicd: text.tflite: ")
    assert ended.err.count("\n") == 1


def test_profile_counts_each_op_and_draws(command: Command, tmp_path: Path) -> None:
    ended = command("model", "profile", MODEL, "--board", "mps2_an385", "--json", "-o", "p.svg")
    assert ended.code == 0, ended.err
    found = json.loads(ended.out.splitlines()[0])
    counted = [op["instructions"] for op in found["ops"]]
    assert [op["op"] for op in found["ops"]][2:4] == ["MAX_POOL_2D:int8", "RESHAPE:int8"]
    assert 0 <= found["instructions"] - sum(counted) < 1000
    assert max(counted) == counted[1]
    assert (tmp_path / "p.svg").read_text().startswith("<?xml")


def test_profile_prints_a_table(command: Command) -> None:
    shown = command("model", "profile", SINE.parent / "sine_int8/sine_int8.tflite").out
    assert shown.splitlines()[0].split()[:4] == ["#", "Op", "Outputs", "MACs"]
    assert shown.splitlines()[-1].startswith("One call on mps2_an500: ")


def test_a_board_that_is_not_emulated_has_no_profile(command: Command) -> None:
    ended = command("model", "profile", MODEL, "--board", "unix")
    assert ended.code == 2
    assert ended.err.startswith("runicd: instructions are counted on emulated boards")


def test_a_chart_of_an_unknown_kind_is_one_line(command: Command) -> None:
    ended = command("model", "profile", MODEL, "-o", "chart.txt")
    assert ended.code == 1
    assert ended.err.startswith("runicd: chart.txt: the chart cannot be written (")
    assert ended.err.count("\n") == 1
