"""The `fft` block in integers, in numpy: samples to a mel spectrogram without floating point.

docs/blocks.md states each rounding; the board's kernel (`native_modules/dsp`) does the same, and
the two are equal.
"""

from __future__ import annotations

from functools import lru_cache
from math import isqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from runicd.blocks.exact_maths import ONE_Q30, cosine_of_turn
from runicd.blocks.frames import MELS, transform_length
from runicd.blocks.spectrum import band_edges, cut_frames, source_bins
from runicd.blocks.transforms import rfft_q15

SHIFT_MOST = 14
_POWER_FRACTION_BITS = 12
_OUTPUT_BITS = 16

Integers = npt.NDArray[np.int64]


def mel_spectrogram_q15(
    samples: npt.ArrayLike, sample_rate: int, bins: int, window_overlap: float
) -> npt.NDArray[np.uint32]:
    """Return u32[1, 1960] as `spectrum.mel_spectrogram` does."""
    signal = np.asarray(samples, dtype=np.int16).reshape(-1)
    frames = cut_frames(signal, bins, window_overlap).astype(np.int64)
    shifts = np.array([_room(frame) for frame in frames])
    power = _power(frames, shifts, transform_length(bins))[:, source_bins(bins)]
    bands = np.array([_bands(rows, sample_rate, bins) for rows in power], dtype=np.int64)
    return _stretch(bands >> (shifts - shifts.min())[:, None]).reshape(1, -1)


def _room(frame: Integers) -> int:
    """By how many bits a frame can be shifted up and stay within 16."""
    used = int(np.bitwise_or.reduce(frame ^ (frame >> 63))) | 1
    return SHIFT_MOST + 1 - used.bit_length()


def _power(frames: Integers, shifts: Integers, length: int) -> Integers:
    """The power of the first length/2 bins of each frame, shifted up, windowed and padded."""
    down = (SHIFT_MOST + 1 - shifts)[:, None]
    window = _window(length)[: frames.shape[1]]
    padded = np.zeros((len(frames), length), dtype=np.int16)
    padded[:, : frames.shape[1]] = (frames * window + (1 << (down - 1))) >> down
    spectrum = rfft_q15(padded).astype(np.int64)
    spectrum[:, 1] = 0
    return np.asarray(spectrum[:, 0::2] ** 2 + spectrum[:, 1::2] ** 2)


@lru_cache(maxsize=16)
def _window(length: int) -> Integers:
    """0.5 * (1 - cos(2*pi*n / (length - 1))) in Q15, rounded, at most 32767."""
    values = [ONE_Q30 - cosine_of_turn(n, length - 1) for n in range(length // 2)]
    half = [min((value + (1 << 15)) >> 16, 32767) for value in values]
    return np.array(half + half[::-1], dtype=np.int64)


def _bands(rows: npt.NDArray[Any], sample_rate: int, bins: int) -> list[int]:
    """Amplitudes with 6 fraction bits: roots of weighted sums, divided by the bands' widths."""
    edges = band_edges(sample_rate, bins)
    bands = []
    for mel in range(MELS):
        width = max(edges[mel + 2] - edges[mel], 1)
        start = min(edges[mel], bins // 2)
        weights = width - np.abs(2 * np.arange(width) - (width - 1))
        total = int((rows[start : start + width] * weights).sum())
        bands.append(square_root(total << _POWER_FRACTION_BITS) // width)
    return bands


def square_root(value: int) -> int:
    """The square root, rounded down to 16 binary digits."""
    halved = max(value.bit_length() - 31, 0) // 2
    return isqrt(value >> (2 * halved)) << halved


def _stretch(bands: Integers) -> npt.NDArray[np.uint32]:
    """65536 * (v - min) / (max - min) of the upper 16 binary digits; zeros where all are equal."""
    above = bands - bands.min()
    span = int(above.max())
    coarser = max(span.bit_length() - _OUTPUT_BITS, 0)
    divisor = max(span >> coarser, 1)
    return np.asarray(((above >> coarser) << _OUTPUT_BITS) // divisor, dtype=np.uint32)
