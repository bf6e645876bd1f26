"""Every Rune of the repository on a simulated board: its samples, its golden vectors, its labels.

The board must say what the numpy reference and TensorFlow Lite Micro say, one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from runicd import Simulator
from tests.rune_reference import RUNES, digit, gesture, listen, samples, sine_int8

Simulators = Callable[..., Simulator]


def say(board: Simulator, rune: str, calls: int) -> list[Any]:
    """What a Rune outputs, call after call."""
    board.cast(RUNES / rune, period_ms=0)
    return [board.call()[0].value for _ in range(calls)]


# A board has a sensor when it is given files for it.
SENSORS = {
    "sine": {"random": 1},
    "sine_int8": {"raw": samples("sine_int8")},
    "digits": {"image": samples("digits")},
    "gesture": {"accelerometer": samples("gesture")},
    "microspeech": {"sound": RUNES / "microspeech" / "samples"},
}


@pytest.mark.parametrize("rune", SENSORS)
def test_golden_vectors_pass(simulator: Simulators, rune: str) -> None:
    done = simulator(**SENSORS[rune]).cast(RUNES / rune, period_ms=0)
    assert done.self_test == "passed"


def check(board: Simulator, rune: str, expected: Sequence[Any]) -> None:
    assert say(board, rune, len(expected)) == list(expected)


def test_digits(simulator: Simulators) -> None:
    expected = [digit(path) for path in samples("digits")]
    check(simulator(**SENSORS["digits"]), "digits", expected)


def test_gestures(simulator: Simulators) -> None:
    expected = [gesture(path) for path in samples("gesture")]
    check(simulator(**SENSORS["gesture"]), "gesture", expected)


def test_words(simulator: Simulators) -> None:
    expected = listen(samples("microspeech"))
    check(simulator(**SENSORS["microspeech"]), "microspeech", expected)


@pytest.mark.parametrize("path", samples("sine_int8"), ids=lambda path: path.stem)
def test_sine_int8(simulator: Simulators, path: Path) -> None:
    assert say(simulator(raw=path), "sine_int8", 1) == [pytest.approx(sine_int8(path), rel=1e-6)]


def test_sine_is_a_sine_of_random_angles(simulator: Simulators) -> None:
    values = say(simulator(random=7), "sine", 40)
    assert all(-1.05 <= value <= 1.05 for value in values)
    assert len(set(values)) == len(values)
    assert min(values) < -0.8
    assert max(values) > 0.8


def test_the_same_seed_gives_the_same_angles(simulator: Simulators) -> None:
    first, second = (say(simulator(random=7), "sine", 5) for _ in range(2))
    assert first == second
    assert first != say(simulator(random=8), "sine", 5)
