"""Reads WAV recordings, and refuses what is none, is empty, or is shorter than it says."""

from __future__ import annotations

import io
import struct
import wave
from dataclasses import dataclass

from runicd.errors import InputError

MOST_HZ = 768_000
_SAMPLE_MOST_BYTES = 4
_CONVERT = "convert it, for instance with sox or ffmpeg"
_AGAIN = "record or convert it again"


@dataclass(frozen=True, slots=True)
class Recording:
    """PCM as it lies in the file: `frames` of `channels` little-endian samples of `width` bytes.

    There is at least one whole frame, and only whole ones.
    """

    channels: int
    width: int
    hz: int
    frames: bytes


def read_wav(data: bytes, where: str) -> Recording:
    """Return a file's recording: PCM of 8 to 32 bits. Raises InputError, with `where`."""
    if not data:
        raise InputError("is empty", where=where, remedy="give a WAV file")
    try:
        with wave.open(io.BytesIO(data), "rb") as sound:
            channels, width, rate, count, *_ = sound.getparams()
            if width > _SAMPLE_MOST_BYTES or not 0 < rate <= MOST_HZ:
                raise wave.Error(f"samples of {8 * width} bits at {rate} Hz")
            frames = sound.readframes(count)
    except (wave.Error, EOFError, RuntimeError, struct.error) as error:
        # RuntimeError: a chunk runs past the file.
        reason = str(error) or "it ends early"
        raise InputError(f"not a PCM WAV file ({reason})", where=where, remedy=_CONVERT) from None
    if not count:
        raise InputError("holds no samples", where=where, remedy=_AGAIN)
    if len(frames) < count * channels * width:
        there = len(frames) // (channels * width)
        what = f"ends early: {there:,} of the {count:,} samples that it says are there"
        raise InputError(what, where=where, remedy=_AGAIN)
    return Recording(channels, width, rate, frames)
