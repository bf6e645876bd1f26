"""Trains the microspeech Rune's model on espeak-ng's voices and writes all it needs.

    python train.py            speak, train, write microspeech.tflite and samples/ (20 minutes)
    python train.py --check    measure the committed microspeech.tflite again (3 minutes)

Needs the `[train]` extra, `[dev]` (its tflite-micro runs the int8 model) and the program
espeak-ng. What was spoken and computed is kept in build/microspeech.
"""

from __future__ import annotations

import argparse
import wave
from collections.abc import Sequence
from pathlib import Path

try:
    import torch
except ModuleNotFoundError:
    raise SystemExit("train.py: torch is not installed; run `make setup-train`") from None

import numpy as np
from features import Room, Windows, hear, noise, random_windows, speech_window, to_samples
from network import network, to_torch, train
from numpy.typing import NDArray
from speech import LABELS, RATE_HZ, UNHEARD_WORDS, WORDS, Utterance, load
from tflite_micro.python.tflite_micro.runtime import Interpreter

from runicd.model.from_torch import check_same, layers_from_torch
from runicd.model.layers import Layer, Reshape, run
from runicd.model.quantise import Scale, quantise

HERE = Path(__file__).parent
MODEL = HERE / "microspeech.tflite"
SAMPLES = HERE / "samples"
CACHE = HERE.parents[1] / "build" / "microspeech"
TRAIN_WINDOWS, VALIDATION_WINDOWS, TEST_WINDOWS = 60000, 3000, 8000
CALIBRATION_WINDOWS = 1500
# noise-filtering's i8 as it is: -1 to almost 1.
FEATURE = Scale(1 / 128, 0)
SAMPLE_VOICES = (("f3", "en-us"), ("m3", "en-gb"))
QUIET = Room(0.9, 12.0, 0, 30.0, 0.0, np.ones(1))


def windows(part: str, count: int, seed: int) -> Windows:
    """The windows of `part` from random streams; training and validation lack some words."""
    path = CACHE / f"windows-{part}.npz"
    if not path.exists():
        spoken = load(part, CACHE)
        if part != "test":
            spoken = [one for one in spoken if one.word not in UNHEARD_WORDS]
        made = random_windows(spoken, count, seed)
        np.savez(path, features=made.features, labels=made.labels, positions=made.positions)
    with np.load(path) as stored:
        return Windows(stored["features"], stored["labels"], stored["positions"])


def board_layers() -> list[Layer]:
    """Train; the network behind the shape that `noise-filtering` gives."""
    torch.set_num_threads(1)
    model = network()
    heard = windows("train", TRAIN_WINDOWS, 1)
    train(model, heard, windows("validation", VALIDATION_WINDOWS, 2))
    example = to_torch(heard.features[:1])
    layers = layers_from_torch(model, example)
    assert check_same(model, layers, to_torch(heard.features[:32])) < 1e-3
    return [Reshape((49, 40, 1)), *layers]


def calibration() -> NDArray[np.float32]:
    """Features from all over the training part, f32[n, 1960] in -1..1."""
    features = windows("train", TRAIN_WINDOWS, 1).features
    return features[:: len(features) // CALIBRATION_WINDOWS].astype(np.float32) / 128


def choose(model: bytes, features: NDArray[np.int8]) -> NDArray[np.int64]:
    """The label that the int8 model gives each of the features i8[n, 1960]."""
    interpreter = Interpreter.from_bytes(model, arena_size=1 << 18)
    chosen = []
    for one in features:
        interpreter.set_input(one[None], 0)
        interpreter.invoke()
        chosen.append(int(interpreter.get_output(0)[0].argmax()))
    return np.array(chosen)


def mean_recall(right: NDArray[np.bool_], labels: NDArray[np.int64]) -> float:
    """The mean over the labels of the share that is right."""
    return float(np.mean([right[labels == label].mean() for label in np.unique(labels)]))


def report_streams() -> None:
    """Print the accuracy in noisy rooms, of first windows and of running boards."""
    test = windows("test", TEST_WINDOWS, 3)
    right = choose(MODEL.read_bytes(), test.features) == test.labels
    print(f"all: accuracy {right.mean():.2%}, mean recall {mean_recall(right, test.labels):.2%}")
    fresh = test.positions == 0
    for name, part in (("first window", fresh), ("later windows", ~fresh)):
        share = mean_recall(right[part], test.labels[part])
        print(f"{name}: mean recall {share:.2%} ({part.sum()} windows)")
    for index, label in enumerate(LABELS):
        print(f"  {label}: {right[test.labels == index].mean():.2%}")


def report_quiet() -> None:
    """Print the accuracy on the held-out utterances, each said to a fresh board, without noise."""
    spoken = load("test", CACHE)
    heard = hear([[quiet_window(one, index)] for index, one in enumerate(spoken)])
    right = choose(MODEL.read_bytes(), heard.features) == heard.labels
    is_word = np.array([one.label != "unknown" for one in spoken])
    is_unheard = np.array([one.word in UNHEARD_WORDS for one in spoken])
    print(f"quiet room, the words: {right[is_word].mean():.2%} ({is_word.sum()} utterances)")
    print(f"quiet room, other words: {right[~is_word].mean():.2%} ({(~is_word).sum()})")
    print(f"  those never in training: {right[is_unheard].mean():.2%} ({is_unheard.sum()})")


def quiet_window(utterance: Utterance, seed: int) -> tuple[NDArray[np.int16], int]:
    """A second of the utterance in a quiet room."""
    chance = np.random.default_rng(seed)
    window = to_samples(speech_window(chance, utterance, QUIET))
    return window, LABELS.index(utterance.label)


def write_samples() -> None:
    """Write a second of each label in two held-out voices, `up_f3.wav`, and two of silence.

    A word is the voice's first utterance of it; for `unknown` it is the longest other word.
    """
    SAMPLES.mkdir(exist_ok=True)
    spoken = load("test", CACHE)
    for number, (voice, accent) in enumerate(SAMPLE_VOICES):
        mine = [one for one in spoken if (one.voice, one.accent) == (voice, accent)]
        for label in (*WORDS, "unknown"):
            utterance = max((o for o in mine if o.label == label), key=lambda o: len(o.word))
            write_wav(SAMPLES / f"{label}_{voice}.wav", quiet_window(utterance, number)[0])
        silence = to_samples(noise(np.random.default_rng(number), QUIET))
        write_wav(SAMPLES / f"silence_{number + 1}.wav", silence)


def write_wav(path: Path, samples: NDArray[np.int16]) -> None:
    """Write 16-bit mono at 16 kHz."""
    with wave.open(str(path), "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(RATE_HZ)
        writer.writeframes(samples.astype("<i2").tobytes())


def report_float(layers: Sequence[Layer]) -> None:
    """Print what the network scores before it is quantised."""
    test = windows("test", TEST_WINDOWS, 3)
    scores = [
        run(layers, part.astype(np.float32) / 128) for part in np.array_split(test.features, 16)
    ]
    right = np.concatenate(scores).argmax(1) == test.labels
    print(f"float: accuracy {right.mean():.2%}")


def main() -> None:
    """Train or check."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="measure the model as it is")
    if not parser.parse_args().check:
        layers = board_layers()
        MODEL.write_bytes(quantise(layers, calibration(), "microspeech", FEATURE))
        report_float(layers)
        write_samples()
    report_streams()
    report_quiet()


if __name__ == "__main__":
    main()
