"""The commands on files: build, model info, version, and their mistakes."""

import json
from pathlib import Path

import pytest

from tests.board import ROOT
from tests.conftest import Command

SINE = ROOT / "runes" / "sine"


def test_building_writes_the_rune_and_says_so(command: Command, tmp_path: Path) -> None:
    ended = command("build", SINE, "-o", "out.rune")
    assert ended.code == 0
    size = (tmp_path / "out.rune").stat().st_size
    assert ended.out == f"out.rune: sine, {size:,} bytes\n"
    again = command("build", SINE / "Runefile", "-n", "other", "--json")
    assert json.loads(again.out) == {
        "rune": "other",
        "file": "other.rune",
        "bytes": (tmp_path / "other.rune").stat().st_size,
    }


def test_a_broken_runefile_writes_nothing(command: Command, tmp_path: Path) -> None:
    (tmp_path / "Runefile").write_text("FROM runicos/base\nPROC_BLOCK no/such thing\nRUN thing\n")
    ended = command("build", "-o", "out.rune")
    assert ended.code == 1
    assert "Runefile:2:" in ended.err
    assert not (tmp_path / "out.rune").exists()


def test_a_rune_that_cannot_be_written_is_an_error(command: Command) -> None:
    ended = command("build", SINE, "-o", "no/such/folder/out.rune")
    assert ended.code == 1
    assert (
        ended.err
        == "runicd: no/such/folder/out.rune: cannot be written (No such file or directory)\n"
    )


def test_model_info_counts(command: Command) -> None:
    ended = command("model", "info", SINE / "sine_float.tflite", "--json")
    found = json.loads(ended.out)
    assert found["kernels"] == ["FULLY_CONNECTED:float32"]
    assert [op["macs"] for op in found["ops"]] == [16, 256, 16]
    assert found["inputs"] == [
        {"name": "input", "type": "f32[1, 1]", "scale": 0.0, "zero_point": 0}
    ]
    assert found["parameters"] == 321


def test_model_info_is_the_original_tools_model_info(command: Command) -> None:
    shown = command("model", "info", SINE / "sine_float.tflite").out
    assert "Parameters: 321\n" in shown
    assert "activation=RELU " in shown
    assert command("model-info", SINE / "sine_float.tflite").out == shown


@pytest.mark.parametrize("data", [b"", b"no model", bytes(100)])
def test_a_broken_model_is_one_line(command: Command, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "bad.tflite").write_bytes(data)
    ended = command("model-info", "bad.tflite")
    assert ended.code == 1
    assert ended.err.startswith("runicd: bad.tflite: ")
    assert ended.err.count("\n") == 1


def test_a_missing_model_is_one_line(command: Command) -> None:
    ended = command("model-info", "none.tflite")
    assert (ended.code, ended.err) == (1, "runicd: none.tflite: no such file\n")
