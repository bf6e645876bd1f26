"""Drift: whether what a Rune reads and answers on a board is still like its golden vectors.

Inputs, as normal distributions, are compared by the population stability index, that is Jeffreys'
divergence (Jeffreys, "An invariant form for the prior probability in estimation problems", 1946)
KL(P||Q) + KL(Q||P). A mean that is off by one deviation makes it 1, which is the limit: stages
with memory begin anew with each golden vector, which puts microspeech's own speech at 0.5.
Between samples of n and m out of one distribution it is 1/n + 1/m times a chi-square variable
(Yurdakul, "Statistical Properties of Population Stability Index", 2018), of two degrees of freedom
here, for the mean and the deviation: the limit is raised to what 1 of 100 samples has.

Classes and confidences are compared by the total variation distance of their histograms: the
share of the calls that would have to be different. What is above the limit counts where fewer
than 1 of 100 random divisions of all of them are as far apart: a permutation test (Good,
"Permutation, Parametric and Bootstrap Tests of Hypotheses", 2005), with p = (b + 1) / (N + 1)
(Phipson and Smyth, "Permutation p-values should never be zero", 2010). So small samples never
alarm by chance more often than that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from runicd.saga import Inputs, Saga

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STEADY = "steady"
DRIFTING = "drifting"
FEW_CALLS = "too few calls"
FEW_GOLDENS = "too few golden vectors"

CALLS_LEAST = 30
# Histograms of fewer golden vectors say nothing; a single vector's input does already.
GOLDENS_LEAST = 5
INPUTS_LIMIT = 1.0
SHARES_LIMIT = 0.25
_CHI_SQUARE_99 = 9.21  # two degrees of freedom: -2 ln 0.01
# Elements of one window are alike: no more of each count as independent.
_INDEPENDENT = 8
_CHANCE = 0.01
_DIVISIONS = 2_000
_SEED = 1
# Inputs that never change are infinitely far from any that do.
_INDEX_MAX = 100.0


@dataclass(frozen=True, slots=True)
class Part:
    """How far inputs, classes or confidences are off; `distance` is None where none is known.

    `chance` is how often a distance as large comes about without any drift, of shares only.
    """

    what: str
    verdict: str
    distance: float | None
    limit: float
    chance: float | None = None


@dataclass(frozen=True, slots=True)
class Drift:
    """What became of a Rune's inputs and answers in so many calls that were looked at."""

    verdict: str
    looked_at: int
    golden_vectors: int
    parts: tuple[Part, ...]


def judge(counts: Saga) -> Drift | None:
    """Return whether a Rune's inputs and answers have drifted; None: it has no golden vectors."""
    windows = 0 if counts.baseline is None else counts.baseline.windows
    goldens = max(sum(counts.golden_classes), windows)
    if not goldens:
        return None
    parts = []
    if counts.baseline is not None:
        parts.append(_of_inputs(counts.inputs, counts.baseline))
    if counts.golden_classes:
        classes = counts.classes, counts.golden_classes
        parts.append(_of_shares("classes", *classes))
        parts.append(_of_shares("confidence", counts.confidences, counts.golden_confidences))
    return Drift(_worst([part.verdict for part in parts]), counts.calls, goldens, tuple(parts))


def _worst(verdicts: Sequence[str]) -> str:
    """Return the verdict of all parts: what is unknown of one takes nothing from another."""
    order = (DRIFTING, FEW_CALLS, STEADY, FEW_GOLDENS)
    return next(verdict for verdict in order if verdict in verdicts)


def _of_inputs(seen: Inputs | None, baseline: Inputs) -> Part:
    if baseline.deviation == 0:
        return Part("inputs", FEW_GOLDENS, None, INPUTS_LIMIT)
    if seen is None or seen.windows < CALLS_LEAST:
        return Part("inputs", FEW_CALLS, None, INPUTS_LIMIT)
    noise = _CHI_SQUARE_99 * (1 / _independent(seen) + 1 / _independent(baseline))
    limit = max(INPUTS_LIMIT, noise)
    distance = stability_index(seen, baseline)
    return Part("inputs", DRIFTING if distance >= limit else STEADY, distance, limit)


def _independent(inputs: Inputs) -> int:
    return min(inputs.count, _INDEPENDENT * inputs.windows) or 1


def stability_index(seen: Inputs, baseline: Inputs) -> float:
    """Return Jeffreys' divergence of two normal distributions, 100 at most.

    With r the ratio of their deviations and d the distance of their means in deviations of the
    baseline it is (r^2 + 1/r^2 - 2 + d^2 (1 + 1/r^2)) / 2. The baseline must have a deviation.
    """
    ratio = (seen.deviation / baseline.deviation) ** 2
    shift = ((seen.mean - baseline.mean) / baseline.deviation) ** 2
    if ratio == 0 or not isfinite(ratio):
        return _INDEX_MAX
    index = (ratio + 1 / ratio - 2 + shift * (1 + 1 / ratio)) / 2
    return min(index, _INDEX_MAX)


def _of_shares(what: str, seen: Sequence[int], golden: Sequence[int]) -> Part:
    if sum(golden) < GOLDENS_LEAST:
        return Part(what, FEW_GOLDENS, None, SHARES_LIMIT)
    if sum(seen) < CALLS_LEAST:
        return Part(what, FEW_CALLS, None, SHARES_LIMIT)
    distance, chance = total_variation(seen, golden)
    has_drifted = distance >= SHARES_LIMIT and chance < _CHANCE
    return Part(what, DRIFTING if has_drifted else STEADY, distance, SHARES_LIMIT, chance)


def total_variation(seen: Sequence[int], golden: Sequence[int]) -> tuple[float, float]:
    """Return the distance of two histograms, 0 to 1, and how often chance makes one as large.

    Both must have counts. The same counts give the same numbers: the divisions are drawn from a
    fixed seed.
    """
    import numpy as np  # noqa: PLC0415 - slow, and most commands need it for nothing else

    first, second = np.asarray(seen, np.int64), np.asarray(golden, np.int64)
    both = first + second
    draws = np.random.default_rng(_SEED).multivariate_hypergeometric(
        both, int(second.sum()), _DIVISIONS, method="marginals"
    )
    found = _distances(second[None, :], both)[0]
    # Equal divisions may differ in the last bit.
    as_large = int((_distances(draws, both) >= found - 1e-12).sum())
    return float(found), (as_large + 1) / (_DIVISIONS + 1)


def _distances(golden: NDArray[np.int64], both: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how far each row of `golden` is from what it leaves of `both`."""
    rest = both - golden
    shares = golden / golden.sum(axis=1, keepdims=True) - rest / rest.sum(axis=1, keepdims=True)
    distances: NDArray[np.float64] = abs(shares).sum(axis=1) / 2
    return distances


def words(drift: Drift | None) -> str:
    """Return in a line whether there is drift, by how much, and what is not known."""
    if drift is None:
        return "unknown: the Rune has no golden vectors"
    if drift.verdict == FEW_CALLS:
        return f"{FEW_CALLS}: {drift.looked_at:,} of {CALLS_LEAST} were looked at so far"
    if drift.verdict == FEW_GOLDENS:
        return f"{FEW_GOLDENS}: {drift.golden_vectors:,}"
    where = [part.what for part in drift.parts if part.verdict == DRIFTING]
    told = f"{drift.verdict} in {' and '.join(where)}" if where else drift.verdict
    parts = ", ".join(map(_part_words, drift.parts))
    vectors = "1 golden vector" if drift.golden_vectors == 1 else None
    against = vectors or f"{drift.golden_vectors:,} golden vectors"
    return f"{told}: {parts}; {drift.looked_at:,} calls against {against}"


def _part_words(part: Part) -> str:
    if part.distance is None:
        return f"{part.what} unknown ({part.verdict})"
    return f"{part.what} {part.distance:.2f} of {part.limit:.2f}"
