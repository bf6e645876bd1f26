"""The bytes of state that stock blocks keep on a board, from their inputs and their arguments.

Equal to what `prepare` of each block in native_modules/dsp sets, counted as on a board with 64-bit
pointers: on a 32-bit board no structure is larger, so what is counted here is enough there.
"""

from __future__ import annotations

from collections.abc import Mapping

from runicd.blocks.arguments import Value
from runicd.blocks.frames import FRAMES, MELS, kept_samples, stream_spacing, transform_length
from runicd.types import TensorType

Inputs = tuple[TensorType, ...]
Args = Mapping[str, Value]

_WORD_BYTES = 4
_ALIGNMENT = 8
_FFT_BYTES = 80  # fft_state_t
_NOISE_BYTES = 536  # dsp_noise_t, rounded up to 8


def none(inputs: Inputs, args: Args) -> int:
    """Most blocks remember nothing."""
    return 0


def fft(inputs: Inputs, args: Args) -> int:
    """Tables and working memory; of a stream, samples and all frames' bands besides."""
    bins = int(args["bins"])
    length = transform_length(bins)
    sizes = [_FFT_BYTES, 2 * (MELS + 2)]
    if args["arithmetic"] == "q15":
        sizes += [length, (length // 2 + 1) * _WORD_BYTES, 2 * length, FRAMES]
    else:
        weights = bins // 2 + 1 + MELS
        sizes += [count * _WORD_BYTES for count in (length // 2, weights, length)]
    spacing = stream_spacing(args, inputs[0].count)
    if spacing:
        kept = kept_samples(int(args["window_samples"]), spacing)
        sizes += [2 * (kept + inputs[0].count), FRAMES * MELS * _WORD_BYTES]
    return sum(-(-size // _ALIGNMENT) * _ALIGNMENT for size in sizes)


def noise_filtering(inputs: Inputs, args: Args) -> int:
    """The gains, and an estimate of the noise for each element."""
    return _NOISE_BYTES + inputs[0].count * _WORD_BYTES


def labels(inputs: Inputs, args: Args) -> int:
    """Where each label begins in the wordlist; blank ones at its end do not count."""
    lines = str(args["wordlist"]).rstrip("".join(map(chr, range(33)))).count("\n") + 1
    return lines * _WORD_BYTES


def segment_output(inputs: Inputs, args: Args) -> int:
    """A bit for each class."""
    return (inputs[0].dims[-1] + 7) // 8
