"""`runicd stats` on drift: speech against speech, speech against noise, digits against paper."""

import json
import shutil
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from runicd import targets
from tests.conftest import Command
from tests.flow.runes import DIGITS, ROOT, SINE

MICROSPEECH = ROOT / "runes" / "microspeech"
WORDS = tuple(sorted(path.name for path in MICROSPEECH.glob("samples/*_f3.wav")))
OTHERS = tuple(sorted(path.name for path in MICROSPEECH.glob("samples/*_m3.wav")))
SAMPLES = MICROSPEECH / "samples"
CALLS = 40


@pytest.fixture
def project(tmp_path: Path, command: Command) -> Path:
    """Microspeech, with a golden vector of each class: one speaker's words, and silence."""
    folder = tmp_path / "speech"
    shutil.copytree(MICROSPEECH, folder)
    vectors = [{"inputs": {"audio": f"samples/{name}"}} for name in (*WORDS, "silence_1.wav")]
    (folder / "golden.json").write_text(json.dumps(vectors))
    ended = command("test", folder, "--update")
    assert ended.code == 0, ended.err
    return folder


def noise(path: Path) -> Path:
    samples = np.random.default_rng(0).standard_normal(16_000 * CALLS) * 4_000
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, 16_000, 0, "NONE", ""))
        sound.writeframes(samples.astype("<i2").tobytes())
    return path


def told(command: Command, rune: Path, calls: int, *sensors: object) -> dict[str, Any]:
    """What is known of drift after so many calls with these sensors."""
    assert command("sim", "up", *sensors).code == 0
    cast = command("cast", rune, "--period", "0", "-q")
    assert cast.code == 0, cast.err
    name = json.loads(command("ps", "--json").out)[0]["name"]
    # Without a reader of its results a Rune is called in long slices.
    with targets.connect("unix-1") as client:
        client.request("call", {"name": name, "count": calls}, deadline_s=120)
    line = next(line for line in command("stats", name).out.splitlines() if "  Drift" in line)
    found: dict[str, Any] = json.loads(command("stats", name, "--json").out)[name]["drift"]
    assert line == f"  Drift   {found['text']}"
    return found


def test_other_speakers_words_are_steady(command: Command, project: Path) -> None:
    sounds = [word for name in (*OTHERS, "silence_2.wav") for word in ("--sound", SAMPLES / name)]
    found = told(command, project, CALLS, *sounds)
    assert found["verdict"] == "steady", found
    assert found["golden_vectors"] == len(WORDS) + 1
    assert [part["verdict"] for part in found["parts"]] == ["steady"] * 3


def test_noise_in_place_of_words_has_drifted(
    command: Command, project: Path, tmp_path: Path
) -> None:
    found = told(command, project, CALLS, "--sound", noise(tmp_path / "noise.wav"))
    assert found["verdict"] == "drifting", found
    assert "drifting in classes" in found["text"]


def test_white_paper_in_place_of_digits_has_drifted(command: Command, tmp_path: Path) -> None:
    Image.new("L", (28, 28), 255).save(tmp_path / "white.png")
    # Of calls as short as these, the clock is read in one of 31.
    found = told(command, DIGITS, 31 * 31, "--image", tmp_path / "white.png")
    assert found["verdict"] == "drifting", found
    assert "drifting in inputs" in found["text"]


def test_all_digits_are_steady(command: Command) -> None:
    images = [word for path in DIGITS.glob("samples/*.png") for word in ("--image", path)]
    found = told(command, DIGITS, 31 * 31, *images)
    assert found["verdict"] == "steady", found


def test_a_single_golden_number_is_no_baseline(command: Command) -> None:
    found = told(command, SINE, 31 * 31)
    assert found["verdict"] == "too few golden vectors"


def test_the_self_test_again_is_the_baseline_anew(command: Command) -> None:
    before = told(command, DIGITS, 1, "--image", DIGITS / "samples" / "3.png")
    assert before["text"] == "too few calls: 1 of 30 were looked at so far"
    assert command("test", "digits", "-t", "unix-1").code == 0
    after = json.loads(command("stats", "digits", "--json").out)["digits"]["drift"]
    assert before["golden_vectors"] == after["golden_vectors"] == 2
