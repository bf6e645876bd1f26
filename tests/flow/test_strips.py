"""A Rune whose model runs in strips: its golden vectors pass on the board, in less RAM."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runicd.model.fit import fit
from runicd.model.read_tflite import read_tflite
from tests.conftest import Command

RUNES = Path(__file__).resolve().parents[2] / "runes"


@pytest.mark.parametrize("name", ["digits", "microspeech"])
def test_golden_vectors_pass_in_strips(command: Command, name: str) -> None:
    model = read_tflite((RUNES / name / f"{name}.tflite").read_bytes())
    least_bytes = fit(model, 1).after.ram_bytes
    built = command("build", RUNES / name, "--ram", least_bytes, "-o", "strips.rune", "--json")
    (found,) = json.loads(built.out)["models"]
    assert found["strips"] is not None
    assert found["after_bytes"] == least_bytes < found["before_bytes"]
    ended = command("test", "strips.rune")
    assert (ended.code, ended.out) == (0, f"{name}: self-test passed\n"), ended.err
