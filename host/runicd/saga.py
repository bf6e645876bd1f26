"""What boards count of a Rune's calls, read from the bytes in which they send it.

docs/saga.md describes those bytes. Counts are 16 bits wide and were halved together when one was
full, so they are shares of what is recent rather than sums.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from runicd.errors import LinkError
from runicos.contract import element

FORMAT = 2
BUCKETS = 100
CONFIDENCES = 8
CLASSES_MAX = 64
_NO_TYPE = 255
_FRACTION = 65_536.0
_HEAD = struct.Struct("<BBBBI")
_INPUTS = struct.Struct("<QqII")
_EXACT_US = 4


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many runs took how long; `counts` has 100 buckets, four to an octave."""

    counts: tuple[int, ...]

    @property
    def total(self) -> int:
        """Return how many runs are in it."""
        return sum(self.counts)

    def percentile_us(self, percent: float, max_us: int) -> float | None:
        """Return what so many percent of the runs took at most; None without runs.

        Within a bucket the runs are taken to be spread evenly, but none took longer than
        `max_us`, the longest one's time: the error is an eighth at most.
        """
        rank = ceil(self.total * percent / 100)
        seen = 0
        for index, count in enumerate(self.counts):
            if 0 < rank <= seen + count:
                low, high = bounds_us(index)
                return min(low + (high - 1 - low) * (rank - seen - 0.5) / count, max_us)
            seen += count
        return None

    def filled(self) -> list[tuple[int, int, int]]:
        """Return (from, below, count) for each bucket that has runs, in microseconds."""
        return [(*bounds_us(at), count) for at, count in enumerate(self.counts) if count]


@dataclass(frozen=True, slots=True)
class Inputs:
    """Of how many elements of a model's input, in how many inputs, what mean and deviation."""

    count: int
    mean: float
    deviation: float
    windows: int


@dataclass(frozen=True, slots=True)
class Saga:
    """What a board counted of one Rune."""

    calls: int
    latency: Histogram
    stages: tuple[Histogram, ...]
    classes: tuple[int, ...]
    confidences: tuple[int, ...]
    input_type: str | None
    inputs: Inputs | None
    baseline: Inputs | None
    golden_classes: tuple[int, ...]
    golden_confidences: tuple[int, ...]


def bounds_us(bucket: int) -> tuple[int, int]:
    """Return from where to below what a bucket counts, in microseconds."""
    if bucket < _EXACT_US:
        return bucket, bucket + 1
    octave, quarter = bucket // 4 + 1, bucket % 4
    return (4 + quarter) << (octave - 2), (5 + quarter) << (octave - 2)


def read(data: bytes, where: str = "") -> Saga:
    """Return what the bytes of a board's `stats` say. Raises LinkError for any others."""
    try:
        return _read(data)
    except (struct.error, ValueError, IndexError) as error:
        raise LinkError(
            f"the board's counts cannot be read ({error})",
            where=where,
            remedy="update runicd or the board's firmware",
        ) from error


def _read(data: bytes) -> Saga:
    form, stages, classes, kind, calls = _HEAD.unpack_from(data)
    if form != FORMAT:
        raise ValueError(f"format {form}")
    at = _HEAD.size
    name = None if kind == _NO_TYPE else element.NAMES[kind]
    fraction = _FRACTION if name == "f32" else 1.0
    inputs = _inputs(_INPUTS.unpack_from(data, at), fraction)
    baseline = _inputs(_INPUTS.unpack_from(data, at + _INPUTS.size), fraction)
    at += 2 * _INPUTS.size
    length = 2 * CONFIDENCES + (1 + stages) * BUCKETS + 2 * classes
    if len(data) != at + 2 * length or classes > CLASSES_MAX:
        raise ValueError(f"{len(data)} bytes for {stages} stages and {classes} classes")
    counts = struct.unpack_from(f"<{length}H", data, at)
    classes_at = length - 2 * classes
    histograms = [
        Histogram(counts[first : first + BUCKETS])
        for first in range(2 * CONFIDENCES, classes_at, BUCKETS)
    ]
    return Saga(
        calls,
        histograms[0],
        tuple(histograms[1:]),
        counts[classes_at : classes_at + classes],
        counts[:CONFIDENCES] if classes else (),
        name,
        inputs,
        baseline,
        counts[classes_at + classes :],
        counts[CONFIDENCES : 2 * CONFIDENCES] if classes else (),
    )


def _inputs(fields: Sequence[int], fraction: float) -> Inputs | None:
    squares, total, count, windows = fields
    if not count:
        return None
    mean = total / count / fraction
    variance = squares / count / fraction - mean * mean
    return Inputs(count, mean, sqrt(max(0.0, variance)), windows)
