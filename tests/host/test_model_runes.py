"""The Runes' committed models on their committed samples, through the blocks' reference.

What TensorFlow Lite Micro and the reference compute here is what a board must compute.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from runicd.model.facts import model_facts
from runicd.model.read_tflite import read_tflite
from tests.rune_reference import (
    DIGITS,
    GESTURES,
    RUNES,
    WORDS,
    digit,
    digit_input,
    gesture,
    listen,
    samples,
    sine,
    sine_int8,
)

MODELS = sorted(RUNES.glob("*/*.tflite"))
# The largest arena that a small board can spare, and the largest model that the Runes may have.
ARENA_LIMIT_BYTES, MODEL_LIMIT_BYTES = 40_000, 60_000


def said(path: Path) -> str:
    """The label that a sample is named for."""
    return path.stem.partition("_")[0]


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.name)
def test_model_is_small_and_does_something(path: Path) -> None:
    facts = model_facts(read_tflite(path.read_bytes()))
    assert facts.arena_bytes < ARENA_LIMIT_BYTES
    assert facts.file_bytes < MODEL_LIMIT_BYTES
    assert facts.macs > 0


def test_the_runes_that_there_are() -> None:
    names = [path.parent.name for path in MODELS]
    assert names == ["digits", "gesture", "microspeech", "sine", "sine_int8"]
    for path in MODELS:
        assert (path.parent / "Runefile").is_file()
        assert (path.parent / "README.md").is_file()


def test_digits() -> None:
    found = [digit(path) for path in samples("digits")]
    assert found == list(DIGITS)


def test_every_pixel_value_reaches_the_model_exactly() -> None:
    for image in np.arange(256, dtype=np.uint8).reshape(4, 8, 8):
        exact = image.astype(int) - 128
        np.testing.assert_array_equal(digit_input(image).reshape(8, 8), exact)


def test_gestures() -> None:
    paths = samples("gesture")
    assert len(paths) == 2 * len(GESTURES)
    assert [gesture(path) for path in paths] == [said(path) for path in paths]


def test_sine_of_the_samples() -> None:
    paths = samples("sine_int8")
    assert len(paths) == 5
    for path in paths:
        turn = float(path.stem.partition("_")[2])
        assert sine_int8(path) == pytest.approx(math.sin(2 * math.pi * turn), abs=0.06)


@pytest.mark.parametrize("number", [0, 1 << 30, 1 << 31, 3 << 30, (1 << 32) - 1, 123_456_789])
def test_sine_of_random_numbers(number: int) -> None:
    exact = math.sin(2 * math.pi * number / ((1 << 32) - 1))
    assert sine(number) == pytest.approx(exact, abs=0.04)


def test_golden_sines() -> None:
    for rune, inputs, expected in (
        ("sine", {"random": [1 << 29]}, sine(1 << 29)),
        ("sine_int8", {"turn": [0.125]}, sine_int8(RUNES / "sine_int8/samples/turn_0.125.raw")),
    ):
        (vector,) = json.loads((RUNES / rune / "golden.json").read_text("utf-8"))
        assert vector["inputs"] == inputs
        assert vector["outputs"]["serial"] == [pytest.approx(expected, rel=1e-6)]


def test_there_are_two_samples_of_each_word() -> None:
    assert sorted(map(said, samples("microspeech"))) == sorted(WORDS * 2)


@pytest.mark.parametrize("path", samples("microspeech"), ids=lambda path: path.stem)
def test_a_word_said_to_a_fresh_board(path: Path) -> None:
    assert listen([path]) == [said(path)]


def test_the_words_one_after_another() -> None:
    paths = samples("microspeech") * 2
    pairs = zip(listen(paths), map(said, paths), strict=True)
    assert sum(one == other for one, other in pairs) >= 0.9 * len(paths)
