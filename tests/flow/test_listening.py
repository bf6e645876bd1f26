"""A Rune that listens without a pause, as docs/blocks.md has it."""

import re
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from runicd import Simulator
from runicd.blocks.reference import run_block
from runicd.blocks.table import BLOCKS, resolve_arguments
from tests.board import ROOT

Simulators = Callable[..., Simulator]
STEP, WINDOW = 320, 16000
CHECKED = (0, 1, 30, 59)


def runefile(arithmetic: str) -> str:
    """The page's two stages with an output."""
    page = (ROOT / "docs" / "blocks.md").read_text()
    (stages,) = re.findall(r"```yaml\n(  audio:.*?)```", page, re.DOTALL)
    stages = stages.replace("window-samples:", f"arithmetic: {arithmetic}\n      window-samples:")
    head = "version: 1\nimage: runicos/base\npipeline:\n"
    return f"{head}{stages}  serial:\n    out: serial\n    inputs: [spectrum]\n"


@pytest.mark.parametrize("arithmetic", ["f32", "q15"])
def test_each_result_is_that_of_the_last_second(
    simulator: Simulators, arithmetic: str, tmp_path: Path
) -> None:
    chance = np.random.default_rng(3)
    steps = max(CHECKED) + 1
    heard = np.rint(chance.normal(0, 3000, steps * STEP)).astype(np.int16)
    with wave.open(str(tmp_path / "heard.wav"), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(heard.tobytes())
    (tmp_path / "Runefile").write_text(runefile(arithmetic))
    board = simulator(sound=tmp_path / "heard.wav")
    board.cast(tmp_path / "Runefile", period_ms=0)
    found = [board.call()[0].value for _ in range(steps)]
    whole = resolve_arguments(BLOCKS["fft"], {"arithmetic": arithmetic, "window_overlap": 0.6666})
    padded = np.concatenate((np.zeros(WINDOW, np.int16), heard))
    for at in CHECKED:
        window = padded[(at + 1) * STEP : (at + 1) * STEP + WINDOW]
        expected = run_block("fft", window, whole)[0]
        np.testing.assert_array_equal(np.asarray(found[at]).reshape(-1), expected.reshape(-1))
