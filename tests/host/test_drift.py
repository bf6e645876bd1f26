"""Verdicts on drift: what is off by how much, and how seldom a sample alarms by chance."""

from typing import Any

import numpy as np
import pytest

from runicd import drift
from runicd.saga import Histogram, Inputs, Saga

NORMAL = Inputs(80_000, 10.0, 2.0, 100)


def counted(
    inputs: Inputs | None = NORMAL,
    baseline: Inputs | None = NORMAL,
    classes: tuple[int, ...] = (),
    goldens: tuple[int, ...] = (),
) -> Saga:
    none = Histogram((0,) * 100)
    sure = (0, 0, 0, 0, 0, 0, 0, sum(classes)), (0, 0, 0, 0, 0, 0, 0, sum(goldens))
    return Saga(100, none, (), classes, sure[0], "i8", inputs, baseline, goldens, sure[1])


def judged(**given: Any) -> drift.Drift:
    found = drift.judge(counted(**given))
    assert found is not None
    return found


def test_the_index_is_jeffreys_divergence_of_two_normal_distributions() -> None:
    """As numbers: the integral of (p - q) ln(p / q)."""
    x = np.linspace(-60, 80, 200_001)
    for mean, deviation in ((10, 2), (11, 2), (10, 3), (7, 4.5), (14, 1.5)):
        p, q = (
            np.exp(-(((x - m) / s) ** 2) / 2) / s / np.sqrt(2 * np.pi)
            for m, s in ((mean, deviation), (10, 2))
        )
        terms = np.where(
            (p > 0) & (q > 0), (p - q) * np.log(np.maximum(p, 1e-300) / np.maximum(q, 1e-300)), 0
        )
        exact = float(terms.sum() * (x[1] - x[0]))
        found = drift.stability_index(Inputs(9, mean, deviation, 1), NORMAL)
        assert found == pytest.approx(exact, abs=1e-6)


@pytest.mark.parametrize(
    ("mean", "deviation", "verdict"),
    [
        (10.0, 2.0, "steady"),
        (11.9, 2.0, "steady"),
        (12.1, 2.0, "drifting"),
        (10.0, 3.8, "steady"),
        (10.0, 3.9, "drifting"),
        (10.0, 1.03, "drifting"),
        (10.0, 0.0, "drifting"),
    ],
)
def test_inputs_drift_in_mean_or_deviation(mean: float, deviation: float, verdict: str) -> None:
    found = judged(inputs=Inputs(800, mean, deviation, 100))
    assert (found.verdict, found.parts[0].what) == (verdict, "inputs")
    assert found.parts[0].limit == 1


def test_the_limit_is_higher_where_golden_vectors_are_few() -> None:
    seen = Inputs(800, 12.1, 2.0, 100)
    assert judged(inputs=seen).verdict == "drifting"
    found = judged(inputs=seen, baseline=Inputs(1960, 10.0, 2.0, 1))
    assert (found.verdict, found.golden_vectors) == ("steady", 1)
    assert found.parts[0].limit == pytest.approx(9.21 * (1 / 800 + 1 / 8))


@pytest.mark.parametrize("windows", [1, 29])
def test_few_calls_have_no_verdict(windows: int) -> None:
    found = judged(inputs=Inputs(8 * windows, 99.0, 2.0, windows))
    assert (found.verdict, found.parts[0].distance) == ("too few calls", None)
    assert drift.words(found).startswith("too few calls: ")
    assert judged(inputs=None).verdict == "too few calls"


def test_no_golden_vectors_no_verdict() -> None:
    assert drift.judge(counted(baseline=None)) is None
    assert drift.words(None) == "unknown: the Rune has no golden vectors"


def test_one_golden_element_has_no_deviation() -> None:
    found = judged(baseline=Inputs(1, 10.0, 0.0, 1))
    assert found.verdict == "too few golden vectors"
    assert drift.words(found) == "too few golden vectors: 1"


def test_classes_that_come_in_other_shares_have_drifted() -> None:
    found = judged(classes=(90, 5, 5), goldens=(0, 4, 4))
    assert found.verdict == "drifting"
    assert drift.words(found) == (
        "drifting in classes: inputs 0.00 of 1.00, classes 0.90 of 0.25, "
        "confidence 0.00 of 0.25; 100 calls against 100 golden vectors"
    )


def test_the_same_shares_are_steady() -> None:
    assert judged(classes=(60, 20, 20), goldens=(6, 2, 2)).verdict == "steady"


def test_a_distance_that_chance_explains_is_no_drift() -> None:
    found = judged(classes=(20, 14, 6), goldens=(1, 4, 0))
    classes = found.parts[1]
    assert classes.distance is not None
    assert classes.distance > drift.SHARES_LIMIT
    assert classes.chance is not None
    assert classes.chance > 0.01
    assert found.verdict == "steady"


@pytest.mark.parametrize(
    ("classes", "goldens", "verdict"),
    [
        ((29, 0), (0, 50), "too few calls"),
        ((900, 0), (0, 4), "too few golden vectors"),
    ],
)
def test_small_histograms_have_no_verdict(
    classes: tuple[int, ...], goldens: tuple[int, ...], verdict: str
) -> None:
    assert judged(classes=classes, goldens=goldens).parts[1].verdict == verdict


def test_the_chance_is_that_of_all_divisions() -> None:
    """Fisher's exact test has the same answer where there are two classes."""
    distance, chance = drift.total_variation((30, 10), (2, 6))
    assert distance == pytest.approx(0.5)
    assert chance == pytest.approx(0.01153, abs=0.006)


def test_samples_of_one_distribution_alarm_in_one_of_a_hundred_at_most() -> None:
    generator = np.random.default_rng(4)
    shares = np.array([0.5, 0.2, 0.1, 0.1, 0.05, 0.05])
    alarms = 0
    for _ in range(400):
        seen, golden = generator.multinomial(40, shares), generator.multinomial(6, shares)
        distance, chance = drift.total_variation(tuple(seen), tuple(golden))
        alarms += distance >= drift.SHARES_LIMIT and chance < 0.01
    assert alarms <= 10  # 4 are expected; more than 10 are one in 300


def test_inputs_of_one_distribution_alarm_in_one_of_a_hundred_at_most() -> None:
    generator = np.random.default_rng(5)
    alarms = 0
    for _ in range(400):
        seen, golden = generator.normal(size=(30, 8)), generator.normal(size=(2, 8))
        found = judged(
            inputs=Inputs(240, seen.mean(), seen.std(), 30),
            baseline=Inputs(16, golden.mean(), golden.std(), 2),
        )
        alarms += found.verdict == "drifting"
    assert alarms <= 20
