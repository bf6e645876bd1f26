"""The `fft` block in numpy: samples to a mel spectrogram, in the board's order of operations.

Every operation is one correctly rounded IEEE single operation, and the board's kernel
(`native_modules/dsp`) does the same ones in the same order without fused multiply-add, so the
two are equal, not merely close. Tables come from `exact_maths`, in integers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from runicd.blocks.exact_maths import ONE_Q30, cosine_of_turn
from runicd.blocks.frames import FRAMES, MELS, chunk_count, hop_samples, transform_length
from runicd.blocks.transforms import rfft_f32

OUTPUT_SCALE = 65536

_MEL_BITS = 27
_MEL_ONE = 1 << _MEL_BITS
_MEL_BREAK_HZ = 700
_MEL_RATIO_LIMIT = 9 << _MEL_BITS

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class MelBand:
    """One triangular band; its first weight applies to spectrum row `start_row`."""

    start_row: int
    weights: Floats


@dataclass(frozen=True, slots=True)
class _Tables:
    window: Floats
    bands: tuple[MelBand, ...]


def mel_spectrogram(
    samples: npt.ArrayLike,
    sample_rate: int = 16000,
    bins: int = 480,
    window_overlap: float = 0.6666667,
) -> npt.NDArray[np.uint32]:
    """Return u32[1, 1960]: 49 frames of 40 mel bands, scaled so that the loudest is 65536.

    `samples` is i16 of any shape. A signal without any variation in its bands (silence) gives
    zeros.
    """
    signal = np.asarray(samples, dtype=np.int16).reshape(-1)
    if not signal.size:
        raise ValueError("a spectrogram needs at least one sample")
    tables = _tables(sample_rate, bins)
    frames = np.zeros((FRAMES, len(tables.window)), dtype=np.float32)
    frames[:, :bins] = cut_frames(signal, bins, window_overlap)
    power = power_spectrum(frames * tables.window)
    bands = np.sqrt(_apply_bands(power[:, source_bins(bins)], tables.bands)).reshape(-1)
    return _scale(bands).reshape(1, FRAMES * MELS)


def cut_frames(
    signal: npt.NDArray[np.int16], bins: int, window_overlap: float
) -> npt.NDArray[np.int16]:
    """int16[49, bins]: chunks picked evenly over the signal, filled up with zeros."""
    hop = hop_samples(bins, window_overlap)
    chunks = chunk_count(len(signal), bins, hop)
    padded = np.zeros((chunks - 1) * hop + bins, dtype=np.int16)
    padded[: len(signal)] = signal
    starts = [(frame * chunks // FRAMES) * hop for frame in range(FRAMES)]
    return np.stack([padded[start : start + bins] for start in starts])


@lru_cache(maxsize=16)
def _tables(sample_rate: int, bins: int) -> _Tables:
    return _Tables(
        window=hann_window(transform_length(bins)), bands=mel_filterbank(sample_rate, bins, MELS)
    )


def source_bins(bins: int) -> npt.NDArray[np.int64]:
    """Which bin of the transform each of the bins/2 + 1 rows shows."""
    rows = bins // 2 + 1
    return np.arange(rows) * (transform_length(bins) // 2) // rows


def band_edges(sample_rate: int, bins: int) -> list[int]:
    """Spectrum row of each edge of the 40 bands: 42 of them."""
    return _mel_edges(sample_rate, bins, MELS + 2)


def hann_window(length: int) -> Floats:
    """0.5 * (1 - cos(2*pi*n / (length - 1))), symmetric, float32; length even."""
    values = [ONE_Q30 - cosine_of_turn(n, length - 1) for n in range(length // 2)]
    half = np.array(values, dtype=np.int64).astype(np.float32) * np.float32(2.0**-31)
    return np.concatenate((half, half[::-1]))


def mel_filterbank(sample_rate: int, bins: int, mels: int) -> tuple[MelBand, ...]:
    """Triangular bands over `bins // 2 + 1` rows, evenly spaced in mel.

    They reach from sample_rate/bins Hz to half the rate. mel = 2595 log10(1 + f/700), so equal
    steps in mel are equal ratios of 1 + f/700: the edges are a geometric series, found in
    integers. Each weight is divided by its band's width.
    """
    edges = _mel_edges(sample_rate, bins, mels + 2)
    bands = []
    for mel in range(mels):
        width = max(edges[mel + 2] - edges[mel], 1)
        distance = np.abs(2 * np.arange(width) - (width - 1))
        weights = (width - distance).astype(np.float32) / np.float32(width * width)
        bands.append(MelBand(min(edges[mel], bins // 2), weights))
    return tuple(bands)


def _mel_edges(sample_rate: int, bins: int, count: int) -> list[int]:
    """Spectrum row of each band edge."""
    rows = bins // 2 + 1
    first = _MEL_ONE + (sample_rate << _MEL_BITS) // (bins * _MEL_BREAK_HZ)
    last = _MEL_ONE + (sample_rate << _MEL_BITS) // (2 * _MEL_BREAK_HZ)
    ratio = _geometric_ratio(first, last, count - 1)
    edges, point = [], first
    for _ in range(count - 1):
        edges.append((point - _MEL_ONE) * (2 * _MEL_BREAK_HZ * rows) // (sample_rate << _MEL_BITS))
        point = (point * ratio) >> _MEL_BITS
    return [*edges, rows]


def _geometric_ratio(first: int, last: int, steps: int) -> int:
    """The largest ratio whose `steps` truncating products of `first` do not exceed `last`."""
    low, high = _MEL_ONE, _MEL_RATIO_LIMIT
    while high - low > 1:
        middle = (low + high) // 2
        point = first
        for _ in range(steps):
            point = (point * middle) >> _MEL_BITS
            if point > last:
                break
        low, high = (low, middle) if point > last else (middle, high)
    return low


def power_spectrum(frames: Floats) -> Floats:
    """Squared magnitude of the first length/2 bins of each real frame."""
    spectrum = rfft_f32(frames)
    spectrum[:, 1] = 0
    power: Floats = spectrum[:, 0::2] * spectrum[:, 0::2] + spectrum[:, 1::2] * spectrum[:, 1::2]
    return power


def _apply_bands(rows: Floats, bands: tuple[MelBand, ...]) -> Floats:
    """float32[frames, bands]: weighted sums, added in the order of the rows."""
    widest = max(len(band.weights) for band in bands)
    starts = np.array([band.start_row for band in bands])
    weights = np.zeros((widest, len(bands)), dtype=np.float32)
    for mel, band in enumerate(bands):
        weights[: len(band.weights), mel] = band.weights
    sums = np.zeros((rows.shape[0], len(bands)), dtype=np.float32)
    for offset in range(widest):
        sums = sums + rows[:, np.minimum(starts + offset, rows.shape[1] - 1)] * weights[offset]
    return sums


def _scale(bands: Floats) -> npt.NDArray[np.uint32]:
    """65536 * (v - min) / (max - min), truncated; zeros where all are equal."""
    span = bands.max() - bands.min()
    if not span > 0:
        return np.zeros(bands.shape, dtype=np.uint32)
    scaled: npt.NDArray[np.uint32] = (
        (bands - bands.min()) * np.float32(OUTPUT_SCALE) / span
    ).astype(np.uint32)
    return scaled
