"""How the `fft` block cuts a signal into frames; no numpy, since building a Rune asks for it."""

from __future__ import annotations

import struct
from collections.abc import Mapping

from runicd.blocks.arguments import BlockError, Value

FRAMES = 49
MELS = 40


def hop_samples(bins: int, window_overlap: float) -> int:
    """Samples from one chunk to the next; 159, not 160, for the default arguments, in float32."""
    kept = _single(1 - _single(window_overlap))
    return max(int(_single(bins * kept)), 1)


def _single(value: float) -> float:
    """The nearest float32: what one operation on float32 numbers gives."""
    (rounded,) = struct.unpack("<f", struct.pack("<f", value))
    return float(rounded)


def transform_length(bins: int) -> int:
    """The power of two that a frame of `bins` samples is zero-padded to."""
    return 1 << max(bins - 1, 1).bit_length()


def chunk_count(samples: int, bins: int, hop: int) -> int:
    """How many chunks a signal has; 49 of them are taken, evenly."""
    return 1 + max(-(-(samples - bins) // hop), 0)


def spacing(window: int, bins: int, hop: int) -> int:
    """How far a window's frames are apart where all are equally far and none is cut off, else 0.

    Only then are they frames of the next window, too.
    """
    chunks = chunk_count(window, bins, hop)
    apart = chunks // FRAMES * hop
    return apart if chunks % FRAMES <= 1 and (FRAMES - 1) * apart + bins <= window else 0


def kept_samples(window: int, frames_apart: int) -> int:
    """Samples that a stream's next frames may need besides its next input."""
    return max(window - FRAMES * frames_apart, 0)


def stream_spacing(args: Mapping[str, Value], count: int) -> int:
    """The spacing of a stream's frames, of which each input is `count` samples; 0 without stream.

    Raises BlockError where frames of one window are not those of the next.
    """
    window, bins = int(args["window_samples"]), int(args["bins"])
    if window == 0:
        return 0
    hop = hop_samples(bins, float(args["window_overlap"]))
    apart = spacing(window, bins, hop)
    if apart == 0:
        least, most = _window_sizes(window, bins, hop)
        raise BlockError(
            f"fft cannot space {FRAMES} frames evenly in a window of {window} samples",
            remedy=f"with {hop} samples from chunk to chunk, give {least} to {most}",
            argument="window_samples",
        )
    if count > window or count % apart:
        raise BlockError(
            f"fft's frames are {apart} samples apart: it cannot take {count} samples at a time",
            remedy=f"give it a multiple of {apart}, at most {window}; window_overlap changes it",
            argument="window_samples",
        )
    return apart


def _window_sizes(window: int, bins: int, hop: int) -> tuple[int, int]:
    """The sizes nearest to a window's whose frames have a spacing."""
    times = max(round(chunk_count(window, bins, hop) / FRAMES), 1)
    least = max((FRAMES * times - 2) * hop + 1, (FRAMES - 1) * times * hop)
    return bins + least, bins + FRAMES * times * hop
