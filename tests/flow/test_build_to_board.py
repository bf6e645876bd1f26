"""What the builder makes runs on the simulated board: each Rune's golden vectors pass there."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runicd import Simulator
from runicd.errors import BoardError
from runicd.new import new_project
from runicd.runefile.build import build
from tests.conftest import command_environment
from tests.host.runefile_samples import dense_model, two_headed_model, write
from tests.host.test_runefile_custom import SOURCE, TEXT

Simulators = Callable[..., Simulator]
HEADS = """\
version: 1
image: runicos/base
pipeline:
  a: {capability: RAW, outputs: [{type: f32, dimensions: [1, 4]}]}
  b: {capability: RAW, outputs: [{type: f32, dimensions: [1, 4]}], args: {source: 1}}
  heads: {model: heads.tflite, inputs: [a, b]}
  best: {proc-block: most_confident_indices, inputs: [heads.1]}
  all: {out: serial, inputs: [heads, heads.1, best, a]}
  bytes: {out: tensor, inputs: [b]}
"""


def with_golden(text: str, inputs: dict[str, Any], outputs: dict[str, Any]) -> dict[str, Any]:
    """Return a Runefile and its golden vector as files."""
    return {"Runefile": text, "golden.json": json.dumps([{"inputs": inputs, "outputs": outputs}])}


def raw_files(folder: Path) -> list[Path]:
    paths = [folder / "one.raw", folder / "other.raw"]
    for path in paths:
        path.write_bytes(bytes(16))
    return paths


def test_several_inputs_and_outputs(simulator: Simulators, tmp_path: Path) -> None:
    inputs = {"a": [1, 2, 3, 4], "b": [10, 20, 30, -40]}
    heads = [[11, 22, 33, -36], [10, 40, 90, -160], [2], [1, 2, 3, 4]]
    files = with_golden(HEADS, inputs, {"all": heads, "bytes": inputs["b"]})
    write(tmp_path, files | {"heads.tflite": two_headed_model()})
    board = simulator(raw=raw_files(tmp_path))
    assert board.cast(tmp_path, period_ms=0).self_test == "passed"
    results = board.call()
    assert [len(result.tensors) for result in results] == [4, 1]


def test_a_golden_vector_that_differs_stops_the_cast(
    simulator: Simulators, tmp_path: Path
) -> None:
    inputs = {"a": [1, 2, 3, 4], "b": [10, 20, 30, -40]}
    heads = [[11, 22, 33, -36], [10, 40, 91, -160], [2], [1, 2, 3, 4]]
    files = with_golden(HEADS, inputs, {"all": heads, "bytes": inputs["b"]})
    write(tmp_path, files | {"heads.tflite": two_headed_model()})
    board = simulator(raw=raw_files(tmp_path))
    with pytest.raises(BoardError, match="golden vector 0: output all differs at element 2"):
        board.cast(tmp_path, period_ms=0)


@pytest.mark.skipif(not shutil.which("clang"), reason="clang is not installed")
def test_a_custom_block_in_c(simulator: Simulators, tmp_path: Path) -> None:
    expected = [[0.5, 3.5, 6.5, 9.5, 12.5, 15.5], [109]]
    files = with_golden(TEXT, {"motion": [[0, 1, 2], [3, 4, 5]]}, {"serial": expected})
    write(tmp_path, files | {"block.c": SOURCE, "motion.csv": "0,1,2\n3,4,5\n"})
    board = simulator(accelerometer=tmp_path / "motion.csv")
    assert board.cast(tmp_path, period_ms=0).self_test == "passed"
    assert [one["elements"] for one in board.call()[0].tensors] == expected


def test_a_rune_that_extends_another(simulator: Simulators, tmp_path: Path) -> None:
    base = "FROM runicos/base\nCAPABILITY RAND r --n 3\nMODEL m.tflite m\nRUN r m\nOUT serial\n"
    write(tmp_path, {"Base": base, "m.tflite": dense_model((1, 3), 4)})
    (tmp_path / "base.rune").write_bytes(build(tmp_path / "Base", name="base").data)
    text = "FROM ./base.rune\nPROC_BLOCK softmax soft\nRUN m soft\nOUT serial\n"
    write(tmp_path, with_golden(text, {"r": [1, 2, 3]}, {"serial": [0.25] * 4}))
    assert simulator(random=1).cast(tmp_path, period_ms=0).self_test == "passed"


def test_a_starter_project_passes_its_own_tests(state_folder: Path, tmp_path: Path) -> None:
    new_project(tmp_path / "wobble")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path / "wobble")],
        env=command_environment(),
        cwd=tmp_path / "wobble",
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr
