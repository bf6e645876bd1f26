"""Real transforms in numpy, of floats and of 16-bit integers, in the board's order of operations.

Each float operation is one correctly rounded IEEE single operation, and each integer one is
stated in docs/dsp.md; the board's kernels (`native_modules/dsp`) do the same ones in the same
order, so the two are equal, not merely close. Twiddle factors come from `exact_maths`.

A spectrum has as many values as the signal: re 0, re length/2, re 1, im 1, re 2, im 2 …
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from runicd.blocks.exact_maths import cosine_of_turn

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int32]
Values = npt.NDArray[Any]
Pair = tuple[Integers, Integers]

_ROUNDING = 1 << 15


def twiddle_factors(length: int) -> tuple[Floats, Floats]:
    """Return cos and sin of 2*pi*k/length for k < length/2, the sines from the cosines."""
    cosines = _cosines(length)
    return cosines, cosines[np.abs(np.arange(length // 2) - length // 4)]


@lru_cache(maxsize=16)
def _cosines(length: int) -> Floats:
    turns = [cosine_of_turn(k, length) for k in range(length // 2)]
    return np.array(turns, dtype=np.int64).astype(np.float32) * np.float32(2.0**-30)


def rfft_f32(signal: Floats) -> Floats:
    """Return float32[..., n], the transform of each row; n is a power of two from 8 on.

    The signal's even and odd values go through one complex transform of half the length.
    """
    cosines, sines = twiddle_factors(signal.shape[-1])
    rows = signal.reshape(-1, signal.shape[-1])
    real, imaginary = _complex_f32(rows[:, 0::2], rows[:, 1::2], cosines, sines)
    half = real.shape[1]
    mirror = (half - np.arange(half)) % half
    point5 = np.float32(0.5)
    even_real = (real + real[:, mirror]) * point5
    even_imaginary = (imaginary - imaginary[:, mirror]) * point5
    odd_real = (imaginary + imaginary[:, mirror]) * point5
    odd_imaginary = (real[:, mirror] - real) * point5
    bin_real = even_real + (cosines * odd_real + sines * odd_imaginary)
    bin_imaginary = even_imaginary + (cosines * odd_imaginary - sines * odd_real)
    bin_imaginary[:, 0] = real[:, 0] - imaginary[:, 0]
    return np.stack((bin_real, bin_imaginary), axis=2).reshape(signal.shape)


def _complex_f32(
    real: Floats, imaginary: Floats, cosines: Floats, sines: Floats
) -> tuple[Floats, Floats]:
    """Radix-2 decimation in time of each row; the tables are those of twice the length."""
    half = real.shape[1]
    order = _bit_reversed(half)
    real, imaginary = real[:, order], imaginary[:, order]
    span = 1
    while span < half:
        shape = (-1, half // (2 * span), 2, span)
        upper_real, lower_real = np.moveaxis(real.reshape(shape), 2, 0)
        upper_imaginary, lower_imaginary = np.moveaxis(imaginary.reshape(shape), 2, 0)
        cosine, sine = cosines[:: half // span][:span], sines[:: half // span][:span]
        turned_real = lower_real * cosine + lower_imaginary * sine
        turned_imaginary = lower_imaginary * cosine - lower_real * sine
        real = np.stack((upper_real + turned_real, upper_real - turned_real), axis=2).reshape(
            -1, half
        )
        imaginary = np.stack(
            (upper_imaginary + turned_imaginary, upper_imaginary - turned_imaginary), axis=2
        )
        imaginary = imaginary.reshape(-1, half)
        span *= 2
    return real, imaginary


def _bit_reversed(count: int) -> npt.NDArray[np.int64]:
    order = np.zeros(1, dtype=np.int64)
    while len(order) < count:
        order = np.concatenate((order * 2, order * 2 + 1))
    return order


def rfft_q15(signal: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
    """Return int16[..., n], the transform of each row divided by n, a power of two from 8 on.

    The same two steps as with floats. Nothing overflows, so nothing saturates.
    """
    rows = signal.reshape(-1, signal.shape[-1]).astype(np.int32)
    real, imaginary = _complex_q15((rows[:, 0::2], rows[:, 1::2]))
    half = real.shape[1]
    mirror = (half - np.arange(half)) % half
    even = ((real + real[:, mirror]) >> 1, (imaginary - imaginary[:, mirror]) >> 1)
    odd = ((real - real[:, mirror]) >> 1, (imaginary + imaginary[:, mirror]) >> 1)
    cosine, sine = _negative_twiddles(np.arange(half), 2 * half)
    turned_real = (odd[0] * sine - odd[1] * cosine + (_ROUNDING >> 1)) >> 15
    turned_imaginary = (odd[0] * cosine + odd[1] * sine + (_ROUNDING >> 1)) >> 15
    spectrum = np.stack((even[0] + turned_real, even[1] + turned_imaginary), axis=2)
    # Bins over the middle are the lower ones' mirrors, with the turn subtracted.
    lower = mirror[half // 2 + 1 :]
    spectrum[:, half // 2 + 1 :, 0] = (even[0] - turned_real)[:, lower]
    spectrum[:, half // 2 + 1 :, 1] = (turned_imaginary - even[1])[:, lower]
    spectrum[:, 0, 0] = real[:, 0] + imaginary[:, 0]
    spectrum[:, 0, 1] = real[:, 0] - imaginary[:, 0]
    assert np.abs(spectrum).max() <= 32768
    return spectrum.astype(np.int16).reshape(signal.shape)


def _negative_twiddles(steps: npt.NDArray[np.int64], turn: int) -> Pair:
    """Minus cos and minus sin of 2*pi*step/turn in Q15, at most 32767."""
    unit = 4096 // turn
    cosine, sine = _twiddles_q15()
    return cosine[steps * unit], sine[steps * unit]


@lru_cache(maxsize=1)
def _twiddles_q15() -> Pair:
    cosines = np.array([cosine_of_turn(k, 4096) for k in range(4096)], dtype=np.int64)
    values = np.minimum((-cosines + (1 << 14)) >> 15, 32767).astype(np.int32)
    return values, np.roll(values, 1024)


def _complex_q15(values: Pair) -> Pair:
    """Decimation in time of each row, two stages of radix 2 at once: divided by 2*length."""
    half = values[0].shape[1]
    order = _bit_reversed(half)
    real, imaginary = values[0][:, order], values[1][:, order]
    if half.bit_length() % 2:
        real, imaginary = _four_plain(real, imaginary)
        span = 4
    else:
        real, imaginary = _two(real), _two(imaginary)
        span = 2
    is_first = True
    while span < half:
        real, imaginary = _four_turned(real, imaginary, span, is_first=is_first)
        is_first = False
        span *= 4
    return real, imaginary


def _two(part: Integers) -> Integers:
    """One stage, which does not turn: half the sum and half the difference of neighbours."""
    a, b = part[:, 0::2], part[:, 1::2]
    return np.stack(((a + b) >> 1, (a - b) >> 1), axis=2).reshape(part.shape)


def _fours(part: Integers, span: int) -> Integers:
    """The four values of each step: [4, rows, steps, span]."""
    return np.moveaxis(part.reshape(part.shape[0], -1, 4, span), 2, 0)


def _together(fours: tuple[Integers, ...], shape: tuple[int, ...]) -> Integers:
    return np.stack(fours, axis=2).reshape(shape)


def _four_plain(real: Integers, imaginary: Integers) -> Pair:
    """The first two stages, which turn by quarters: divided by 4."""
    (ar, br, cr, dr), (ai, bi, ci, di) = _fours(real, 1), _fours(imaginary, 1)
    near = ((ar + br) >> 1, (ai + bi) >> 1, (ar - br) >> 1, (ai - bi) >> 1)
    far = ((cr + dr) >> 1, (ci + di) >> 1, (cr - dr) >> 1, (ci - di) >> 1)
    return _second_stage(near, far, -1, real.shape)


def _second_stage(
    near: tuple[Integers, ...], far: tuple[Integers, ...], sign: int, shape: tuple[int, ...]
) -> Pair:
    """Sums and differences, real and imaginary, to the four results; `sign` is that of i."""
    sr, si, dr, di = near
    tr, ti, er, ei = far
    plus, minus = (sr + tr) >> 1, (sr - tr) >> 1
    plus_i, minus_i = (si + ti) >> 1, (si - ti) >> 1
    if sign > 0:
        plus, minus, plus_i, minus_i = minus, plus, minus_i, plus_i
    real = (plus, (dr - sign * ei) >> 1, minus, (dr + sign * ei) >> 1)
    imaginary = (plus_i, (di + sign * er) >> 1, minus_i, (di - sign * er) >> 1)
    return _together(real, shape), _together(imaginary, shape)


def _four_turned(real: Integers, imaginary: Integers, span: int, *, is_first: bool) -> Pair:
    """Two stages: divided by 8 when `is_first`, else by 4. Turns come out negative and halved."""
    (ar, br, cr, dr), (ai, bi, ci, di) = _fours(real, span), _fours(imaginary, span)
    steps = np.arange(span)
    ar, ai = ar >> 1, ai >> 1
    br, bi = _turned(br, bi, 2 * steps, span)
    cr, ci = _turned(cr, ci, steps, span)
    dr, di = _turned(dr, di, 3 * steps, span)
    shift = int(is_first)
    near = ((ar - br) >> shift, (ai - bi) >> shift, (ar + br) >> shift, (ai + bi) >> shift)
    far = ((cr + dr) >> shift, (ci + di) >> shift, (cr - dr) >> shift, (ci - di) >> shift)
    return _second_stage(near, far, 1, real.shape)


def _turned(real: Integers, imaginary: Integers, steps: Any, span: int) -> Pair:
    """Minus half of what turning back by step/(4*span) of a turn gives, rounded."""
    cosine, sine = _negative_twiddles(steps, 4 * span)
    return (
        (real * cosine + imaginary * sine + _ROUNDING) >> 16,
        (imaginary * cosine - real * sine + _ROUNDING) >> 16,
    )
