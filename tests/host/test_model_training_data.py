"""What training feeds the networks: parts do not mix, windows are as a board has them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from runicd.blocks.noise import NoiseFilter
from runicd.blocks.spectrum import mel_spectrogram
from tests.rune_reference import RUNES

pytest.importorskip("scipy", reason="needs the [train] extra")


def script(rune: str, name: str) -> Iterator[ModuleType]:
    """A module of a Rune's training scripts, which import each other by their short names."""
    folder = str(RUNES / rune)
    sys.path.insert(0, folder)
    yield importlib.import_module(name)
    sys.path.remove(folder)
    for loaded in [key for key, value in sys.modules.items() if in_folder(value, folder)]:
        del sys.modules[loaded]


def in_folder(module: ModuleType, folder: str) -> bool:
    path = getattr(module, "__file__", None)
    return path is not None and Path(path).parent == Path(folder)


@pytest.fixture
def speech() -> Iterator[ModuleType]:
    yield from script("microspeech", "speech")


@pytest.fixture
def features() -> Iterator[ModuleType]:
    yield from script("microspeech", "features")


@pytest.fixture
def motion() -> Iterator[ModuleType]:
    yield from script("gesture", "motion")


def beep(features: ModuleType, label: str = "go") -> object:
    """An utterance of 0.4 s that is no word."""
    samples = np.round(16000 * np.sin(np.arange(6400) / 5)).astype(np.int16)
    utterance = sys.modules["speech"].Utterance
    return utterance(label, label, "en-us", "f1", samples)


def test_no_voice_is_in_two_parts(speech: ModuleType) -> None:
    parts = [speech.voices(part) for part in ("train", "validation", "test")]
    everyone = [voice for part in parts for voice in part]
    assert len(set(everyone)) == len(everyone)
    assert min(map(len, parts)) >= 7


def test_siblings_stay_together(speech: ModuleType) -> None:
    named = {part: speech.voices(part) for part in ("train", "validation", "test")}
    stems = {part: {v.rstrip("0123456789") for v in named[part] if len(v) > 2} for part in named}
    assert not stems["train"] & stems["test"]
    assert not stems["train"] & stems["validation"]
    assert not stems["validation"] & stems["test"]


def test_some_words_are_for_the_test_only(speech: ModuleType) -> None:
    assert set(speech.UNKNOWN_WORDS) > speech.UNHEARD_WORDS
    assert not set(speech.UNKNOWN_WORDS) & set(speech.WORDS)
    assert len(speech.UNHEARD_WORDS) >= 15


def test_speech_survives_the_cache(speech: ModuleType, tmp_path: Path) -> None:
    spoken = [
        speech.Utterance("up", "up", "en-us", "f1", np.arange(n, dtype="i2")) for n in (3, 5)
    ]
    speech.save(spoken, tmp_path / "speech-test.npz")
    loaded = speech.load("test", tmp_path)
    assert [(one.word, one.samples.tolist()) for one in loaded] == [
        ("up", [0, 1, 2]),
        ("up", [0, 1, 2, 3, 4]),
    ]


def test_silence_around_a_word_is_cut(speech: ModuleType) -> None:
    samples = np.concatenate([np.zeros(100), np.full(50, 9.0), np.zeros(70)])
    assert speech.trim(samples).tolist() == [9.0] * 50


def test_features_are_those_of_a_board_that_remembers(features: ModuleType) -> None:
    chance = np.random.default_rng(1)
    seconds = [chance.integers(-900, 900, 16000).astype(np.int16) for _ in range(3)]
    heard = features.hear([[(seconds[0], 0), (seconds[1], 2)], [(seconds[1], 2)]])
    assert heard.positions.tolist() == [0, 1, 0]
    assert heard.labels.tolist() == [0, 2, 2]
    board = NoiseFilter()
    board(mel_spectrogram(seconds[0]))
    remembered = board(mel_spectrogram(seconds[1])).reshape(-1)
    np.testing.assert_array_equal(heard.features[1], remembered)
    assert (heard.features[1] != heard.features[2]).any()


def test_a_word_is_in_its_second_almost_whole(features: ModuleType) -> None:
    chance = np.random.default_rng(2)
    for _ in range(200):
        window = features.place(chance, np.ones(6400))
        assert window.shape == (16000,)
        assert 6400 - 640 <= window.sum() <= 6400


def test_windows_are_samples_of_a_microphone(features: ModuleType) -> None:
    chance = np.random.default_rng(3)
    for _ in range(20):
        room = features.make_room(chance)
        window = features.to_samples(features.speech_window(chance, beep(features), room))
        assert window.dtype == np.int16
        assert window.shape == (16000,)
        assert np.abs(window.astype(int)).max() > 500


def test_random_windows_are_always_the_same(features: ModuleType) -> None:
    beeps = [beep(features), beep(features, "unknown")]
    one, other = (features.random_windows(beeps, 20, 4) for _ in range(2))
    assert len(one.labels) >= 20
    np.testing.assert_array_equal(one.features, other.features)
    assert {0, 1} <= set(one.labels.tolist())


def test_motion(motion: ModuleType) -> None:
    readings, labels = motion.records(3, 5)
    assert readings.shape == (15, 128, 3)
    assert readings.dtype == np.float32
    assert np.abs(readings).max() <= 4
    assert labels.tolist() == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3 + [4] * 3
    np.testing.assert_array_equal(readings, motion.records(3, 5)[0])


def test_a_board_at_rest_feels_gravity(motion: ModuleType) -> None:
    still = motion.record(np.random.default_rng(6), "rest")
    assert np.linalg.norm(still.mean(0)) == pytest.approx(1, abs=0.15)
    assert still.std(0).max() < 0.1
