"""The bytes of state that stock blocks keep on a board, from their inputs and their arguments.

Equal to what `prepare` of each block in native_modules/dsp sets, counted as on a board with 64-bit
pointers: on a 32-bit board no structure is larger, so what is counted here is enough there.
"""

from __future__ import annotations

from collections.abc import Mapping

from runicd.blocks.arguments import Value
from runicd.types import TensorType

Inputs = tuple[TensorType, ...]
Args = Mapping[str, Value]

_WORD_BYTES = 4
_SPECTRUM_BYTES = 48  # dsp_spectrum_t
_MELS = 40
_EDGES_BYTES = 2 * (_MELS + 2)
_NOISE_BYTES = 536  # dsp_noise_t, rounded up to 8


def none(inputs: Inputs, args: Args) -> int:
    """Most blocks remember nothing."""
    return 0


def fft(inputs: Inputs, args: Args) -> int:
    """Half a window, half of each band's weights, one frame."""
    bins = int(args["bins"])
    length = 1 << (bins - 1).bit_length()
    weights = bins // 2 + 1 + _MELS
    return _SPECTRUM_BYTES + (length // 2 + weights + length) * _WORD_BYTES + _EDGES_BYTES


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
