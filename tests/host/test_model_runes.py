"""The Runes' committed models on their committed samples, through the blocks' reference.

What TensorFlow Lite Micro and the reference compute here is what the board must compute.
"""

from __future__ import annotations

import math
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from runicd.blocks.reference import ReferenceBlock
from runicd.blocks.table import find_block, resolve_arguments
from runicd.model.facts import model_facts
from runicd.model.read_tflite import read_tflite
from tests.host.model_samples import run_reference

RUNES = Path(__file__).parents[2] / "runes"
DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
GESTURES = ("rest", "circle", "shake", "swing", "tap")
WORDS = ("silence", "unknown", "yes", "no", "up", "down", "left", "right", "stop", "go")
MODELS = sorted(RUNES.glob("*/*.tflite"))
# The largest arena that a small board can spare, and the largest model that the Runes may have.
ARENA_LIMIT_BYTES, MODEL_LIMIT_BYTES = 40_000, 60_000


def block(name: str, **given: object) -> ReferenceBlock:
    spec = find_block(name)
    return ReferenceBlock(spec.name, resolve_arguments(spec, given), ("i8",))


def quantize(model: bytes, values: NDArray[np.float32]) -> NDArray[Any]:
    """The block `quantize` with the model's own scale, as a Runefile without arguments has it."""
    read = read_tflite(model)
    source = read.tensors[read.inputs[0]]
    (result,) = block("quantize", scale=source.scale, zero_point=source.zero_point).run(values)
    return np.asarray(result).reshape(source.shape)


def best(model: bytes, values: NDArray[Any]) -> int:
    return int(run_reference(model, values)[0].reshape(-1).argmax())


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.name)
def test_model_is_small_and_loads(path: Path) -> None:
    facts = model_facts(read_tflite(path.read_bytes()))
    assert facts.arena_bytes < ARENA_LIMIT_BYTES
    assert facts.file_bytes < MODEL_LIMIT_BYTES
    assert facts.macs > 0


def test_there_are_five_models() -> None:
    names = [path.name for path in MODELS]
    assert names == [
        "digits.tflite",
        "gesture.tflite",
        "microspeech.tflite",
        "sine_float.tflite",
        "sine_int8.tflite",
    ]


def test_digits() -> None:
    model = (RUNES / "digits" / "digits.tflite").read_bytes()
    for digit in range(10):
        pixels = np.asarray(Image.open(RUNES / "digits" / "samples" / f"{digit}.png"))
        (fraction,) = block("image-normalization").run(pixels.reshape(1, 8, 8, 1))
        values = quantize(model, np.asarray(fraction))
        np.testing.assert_array_equal(values.reshape(8, 8), pixels.astype(int) - 128)
        assert best(model, values) == digit


def test_every_pixel_value_is_exact() -> None:
    model = (RUNES / "digits" / "digits.tflite").read_bytes()
    pixels = np.arange(256, dtype=np.uint8).reshape(4, 8, 8, 1)
    for image in pixels:
        (fraction,) = block("image-normalization").run(image[None])
        exact = image.astype(int) - 128
        np.testing.assert_array_equal(quantize(model, np.asarray(fraction))[0], exact)


def test_gestures() -> None:
    model = (RUNES / "gesture" / "gesture.tflite").read_bytes()
    samples = sorted((RUNES / "gesture" / "samples").glob("*.csv"))
    assert len(samples) == 2 * len(GESTURES)
    for path in samples:
        readings = np.loadtxt(path, np.float32, delimiter=",")
        found = GESTURES[best(model, quantize(model, readings))]
        assert found == path.stem.partition("_")[0]


def test_sine_of_the_samples() -> None:
    model = (RUNES / "sine_int8" / "sine_int8.tflite").read_bytes()
    read = read_tflite(model)
    result = read.tensors[read.outputs[0]]
    samples = sorted((RUNES / "sine_int8" / "samples").glob("*.raw"))
    assert len(samples) == 5
    for path in samples:
        turn = np.frombuffer(path.read_bytes(), "<f4").reshape(1, 1)
        (value,) = run_reference(model, quantize(model, turn))
        sine = (int(value[0, 0]) - result.zero_point) * result.scale
        assert sine == pytest.approx(math.sin(2 * math.pi * turn[0, 0]), abs=0.06)


def test_sine_of_random_numbers() -> None:
    model = (RUNES / "sine" / "sine_float.tflite").read_bytes()
    for number in (0, 1 << 30, 1 << 31, 3 << 30, (1 << 32) - 1, 123_456_789):
        (turn,) = block("image-normalization").run(np.array([[number]], np.uint32))
        (value,) = run_reference(model, np.asarray(turn))
        exact = math.sin(2 * math.pi * number / ((1 << 32) - 1))
        assert value[0, 0] == pytest.approx(exact, abs=0.04)


def read_wav(path: Path) -> NDArray[np.int16]:
    with wave.open(str(path)) as reader:
        shape = (reader.getframerate(), reader.getnchannels(), reader.getsampwidth())
        assert shape == (16000, 1, 2)
        assert reader.getnframes() == 16000
        return np.frombuffer(reader.readframes(16000), "<i2").reshape(1, -1)


class Listener:
    """A board that runs microspeech: its noise filter remembers."""

    def __init__(self) -> None:
        self._model = (RUNES / "microspeech" / "microspeech.tflite").read_bytes()
        self._fft, self._filter = block("fft"), block("noise-filtering")

    def hear(self, path: Path) -> str:
        (spectrum,) = self._fft.run(read_wav(path))
        (features,) = self._filter.run(np.asarray(spectrum))
        return WORDS[best(self._model, np.asarray(features))]


def word_samples() -> list[Path]:
    samples = sorted((RUNES / "microspeech" / "samples").glob("*.wav"))
    assert len(samples) == 2 * len(WORDS)
    return samples


@pytest.mark.parametrize("path", word_samples(), ids=lambda path: path.stem)
def test_a_word_said_to_a_fresh_board(path: Path) -> None:
    assert Listener().hear(path) == path.stem.partition("_")[0]


def test_the_words_one_after_another() -> None:
    listener, samples = Listener(), word_samples()
    heard = [listener.hear(path) for path in samples * 2]
    said = [path.stem.partition("_")[0] for path in samples * 2]
    assert sum(one == other for one, other in zip(heard, said, strict=True)) >= 0.9 * len(said)
