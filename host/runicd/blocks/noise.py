"""The `noise-filtering` block in numpy: noise reduction, gain and logarithm, all in integers.

The first two steps are those of the TensorFlow Lite Micro audio front end (noise_reduction,
pcan_gain_control).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from runicd.blocks.exact_maths import exp2_fraction, log2_fixed

SMOOTHING_ONE = 1 << 14
LOGARITHM_BITS = 16

_UNSIGNED_MAX = (1 << 32) - 1
_SNR_BITS = 12
_OUTPUT_BITS = 6
_CORRECTION_BITS = -1
_GAIN_MAX = 0x7FFF
_ARGUMENT_BITS = 20
_EXPONENT_BITS = 24

Unsigned = npt.NDArray[np.uint64]


def to_smoothing(fraction: float) -> int:
    """A fraction in [0, 1] as an integer scaled by 2**14, truncated in float32."""
    return int(np.float32(fraction) * np.float32(SMOOTHING_ONE))


@dataclass(slots=True)
class NoiseFilter:
    """The block with its state: an estimate of each element's noise, zero at first."""

    strength: float = 0.95
    offset: float = 80.0
    gain_bits: int = 21
    smoothing_bits: int = 10
    even_smoothing: float = 0.025
    odd_smoothing: float = 0.06
    min_signal_remaining: float = 0.05
    estimate: Unsigned | None = None
    gains: npt.NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        """Build the table of gains."""
        self.gains = gain_table(self.strength, self.offset, self.gain_bits, self.smoothing_bits)

    def reset(self) -> None:
        """Forget the noise heard so far."""
        self.estimate = None

    def __call__(self, signal: npt.ArrayLike) -> npt.NDArray[np.int8]:
        """i8 of the u32 signal's shape: -128 for the quietest element, 127 for the loudest."""
        values = np.asarray(signal, dtype=np.uint32)
        reduced = self.reduce_noise(values.reshape(-1))
        return np.asarray(
            scale_logarithm(self.control_gain(reduced)).reshape(values.shape), np.int8
        )

    def reduce_noise(self, signal: npt.NDArray[np.uint32]) -> Unsigned:
        """Subtract the running estimate of the noise, but keep `min_signal_remaining`."""
        values = signal.astype(np.uint64)
        previous = np.zeros(values.shape, np.uint64) if self.estimate is None else self.estimate
        even = np.arange(len(values)) % 2 == 0
        smoothing = np.where(
            even, to_smoothing(self.even_smoothing), to_smoothing(self.odd_smoothing)
        ).astype(np.uint64)
        scaled = np.minimum(values << np.uint64(self.smoothing_bits), np.uint64(_UNSIGNED_MAX))
        kept = np.uint64(SMOOTHING_ONE) - smoothing
        self.estimate = (scaled * smoothing + previous * kept) >> np.uint64(14)
        remaining = scaled - np.minimum(self.estimate, scaled)
        floor = (values * np.uint64(to_smoothing(self.min_signal_remaining))) >> np.uint64(14)
        return np.asarray(
            np.maximum(remaining >> np.uint64(self.smoothing_bits), floor), dtype=np.uint64
        )

    def control_gain(self, signal: Unsigned) -> Unsigned:
        """Divide each element by a power of its noise, then compress."""
        assert self.estimate is not None
        gain = interpolate_gain(self.estimate, self.gains).astype(np.uint64)
        snr_shift = self.gain_bits - _CORRECTION_BITS - _SNR_BITS
        return _shrink((signal * gain) >> np.uint64(snr_shift))


def gain_table(
    strength: float, offset: float, gain_bits: int, smoothing_bits: int
) -> npt.NDArray[np.int64]:
    """Quadratic pieces of the gain, one for each power of two.

    The table has 2 single values, then (value, slope, bend) every 4 entries.
    """
    table = np.zeros(4 * 32 - 3, dtype=np.int64)

    def gain(noise: int) -> int:
        return _gain(noise, strength, offset, gain_bits, smoothing_bits)

    table[0], table[1] = gain(0), gain(1)
    for interval in range(2, 33):
        start = 1 << (interval - 1)
        first, middle = gain(start), gain(start + (start >> 1))
        last = gain(min(2 * start, _UNSIGNED_MAX))
        slope = 4 * (middle - first) - (last - first)
        table[4 * interval - 6 : 4 * interval - 3] = (first, slope, (last - first) - slope)
    return table


def _gain(noise: int, strength: float, offset: float, gain_bits: int, smoothing_bits: int) -> int:
    """2**gain_bits * (noise / 2**input_bits + offset) ** -strength, rounded, at most 0x7FFF."""
    input_bits = smoothing_bits - _CORRECTION_BITS
    base = ((noise << _ARGUMENT_BITS) >> input_bits) + int(
        np.float32(offset) * np.float32(1 << _ARGUMENT_BITS)
    )
    if base <= 0:
        return _GAIN_MAX
    logarithm = int(log2_fixed(base, _EXPONENT_BITS)) - (_ARGUMENT_BITS << _EXPONENT_BITS)
    power = (logarithm * int(np.float32(strength) * np.float32(1 << 16))) >> 16
    exponent = (gain_bits << _EXPONENT_BITS) - power
    whole, fraction = exponent >> _EXPONENT_BITS, exponent & ((1 << _EXPONENT_BITS) - 1)
    if whole >= 15:
        return _GAIN_MAX
    if whole < -1:
        return 0
    mantissa = exp2_fraction(fraction << (30 - _EXPONENT_BITS))
    return min((mantissa + (1 << (29 - whole))) >> (30 - whole), _GAIN_MAX)


def interpolate_gain(noise: Unsigned, table: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The gain at each noise level, from the piece that the level's highest bit selects.

    Never below 0, where the quadratic is for a gain that falls steeply.
    """
    levels = noise.astype(np.int64)
    interval = (log2_fixed(np.maximum(noise, np.uint64(1)), 0) + 1).astype(np.int64)
    piece = np.maximum(4 * interval - 6, 0)
    left, right = np.maximum(11 - interval, 0), np.maximum(interval - 11, 0)
    fraction = ((levels << left) >> right) & 0x3FF
    value = ((table[piece + 2] * fraction) >> 5) + (table[piece + 1] << 5)
    value = ((value * fraction + (1 << 14)) >> 15) + table[piece]
    return np.where(levels <= 2, table[np.minimum(levels, 2)], np.maximum(value, 0))


def _shrink(snr: Unsigned) -> Unsigned:
    """Square below 2, linear above, with 6 fraction bits."""
    small = np.minimum(snr, np.uint64(2 << _SNR_BITS))
    squared = (small * small) >> np.uint64(2 + 2 * _SNR_BITS - _OUTPUT_BITS)
    linear = (
        np.maximum(snr, np.uint64(2 << _SNR_BITS)) >> np.uint64(_SNR_BITS - _OUTPUT_BITS)
    ) - np.uint64(1 << _OUTPUT_BITS)
    return np.where(snr < (2 << _SNR_BITS), squared, linear)


def scale_logarithm(values: Unsigned) -> npt.NDArray[np.int8]:
    """255 * (l - min) / (max - min) - 128 of l = log2(v + 1), truncated towards zero.

    Zeros where all are equal.
    """
    logarithm = log2_fixed(values + np.uint64(1), LOGARITHM_BITS)
    span = int(logarithm.max() - logarithm.min())
    if span == 0:
        return np.zeros(values.shape, dtype=np.int8)
    numerator = 255 * (logarithm - logarithm.min()) - 128 * span
    return np.asarray(np.sign(numerator) * (np.abs(numerator) // span), dtype=np.int8)
