"""Every stock block in numpy: what the board's C is compared with.

`run_block` takes and returns arrays; utf8 tensors are lists of str. Integers, labels and
indices are equal to the board's, and so is f32 except for `softmax` and `parse`, which agree
within 1e-5.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from runicd.blocks.noise import NoiseFilter
from runicd.blocks.spectrum import mel_spectrogram
from runicd.blocks.spectrum_q15 import mel_spectrogram_q15

Array = npt.NDArray[Any]
Tensor = Array | list[str]
Args = Mapping[str, Any]

_DTYPES = {
    "u8": "u1",
    "i8": "i1",
    "u16": "u2",
    "i16": "i2",
    "u32": "u4",
    "i32": "i4",
    "f32": "f4",
    "u64": "u8",
    "i64": "i8",
}
_BLANKS = re.compile(r"[ \t\n\v\f\r]+")
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_SAME_OBJECT = np.float32(0.01)


class ReferenceBlock:
    """One block with its arguments (all of them, as `resolve_arguments` returns) and its state."""

    def __init__(self, name: str, args: Args, output_types: tuple[str, ...] = ()) -> None:
        self._name = name
        self._args = args
        self._outputs = output_types
        self.reset()

    def reset(self) -> None:
        """Return to the state before the first call."""
        self._filter = NoiseFilter(**self._args) if self._name == "noise-filtering" else None
        # What a stream has heard, at first silence.
        self._heard = np.zeros(int(self._args.get("window_samples", 0)), dtype=np.int16)

    def run(self, value: Tensor) -> tuple[Tensor, ...]:
        """Return the block's outputs. Raises ValueError where the board's block fails."""
        if self._filter is not None:
            return (self._filter(np.asarray(value)),)
        if self._heard.size:
            heard = np.concatenate((self._heard, np.asarray(value).reshape(-1)))
            self._heard = value = heard[-self._heard.size :]
        result = _BLOCKS[self._name](value, self._args, self._outputs)
        return result if isinstance(result, tuple) else (result,)


def run_block(
    name: str, value: Tensor, args: Args, output_types: tuple[str, ...] = ()
) -> tuple[Tensor, ...]:
    """Run a fresh block once; `output_types` matter where a block leaves the choice of one."""
    return ReferenceBlock(name, args, output_types).run(value)


def _fft(value: Array, args: Args, outputs: tuple[str, ...]) -> Array:
    compute = mel_spectrogram_q15 if args["arithmetic"] == "q15" else mel_spectrogram
    return compute(
        value, int(args["sample_rate"]), int(args["bins"]), float(args["window_overlap"])
    )


def _normalize(value: Array, args: Args, outputs: tuple[str, ...]) -> Array:
    """(x - min) / (max - min), not counting NaN; zeros where all are equal."""
    numbers = value if value.dtype == np.float32 else value.astype(np.int64)
    present = numbers[~np.isnan(numbers)]
    if present.size == 0 or present.max() == present.min():
        return np.asarray(np.where(np.isnan(numbers), np.float32(np.nan), np.float32(0)))
    with np.errstate(over="ignore", invalid="ignore"):
        span = np.float32(present.max() - present.min())
        return np.asarray((numbers - present.min()).astype(np.float32) / span)


def _image_normalization(value: Array, args: Args, outputs: tuple[str, ...]) -> Array:
    limits = np.iinfo(value.dtype)
    distance = (value.astype(np.int64) - int(limits.min)).astype(np.float32)
    return np.asarray(distance / np.float32(int(limits.max) - int(limits.min)))


def _audio_float_conversion(value: Array, args: Args, outputs: tuple[str, ...]) -> Array:
    scaled = value.astype(np.float32) / np.float32(32767)
    return np.asarray(np.clip(scaled, np.float32(-1), np.float32(1)))


def _modulo(value: Array, args: Args, outputs: tuple[str, ...]) -> Array:
    """Remainder with the sign of the dividend; exact for integers with a whole modulus."""
    modulus = np.float32(args["modulus"])
    if value.dtype.kind in "ui" and float(modulus).is_integer():
        divisor = abs(int(modulus))
        remainders = [abs(int(x)) % divisor * (-1 if x < 0 else 1) for x in value.reshape(-1)]
        return np.array(remainders, dtype=object).astype(value.dtype).reshape(value.shape)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.fmod(value.astype(np.float32), modulus), dtype=value.dtype)


def _ranked(value: Array) -> npt.NDArray[np.int64]:
    """Indices from the largest score to the smallest, earlier first among equals, NaN last."""
    scores = value.reshape(-1)
    order = np.argsort(-scores.astype(np.float64), kind="stable")
    return order.astype(np.int64)


def _most_confident_indices(value: Array, args: Args, outputs: tuple[str, ...]) -> Array:
    return _ranked(value)[: int(args["count"])].astype(np.uint32)


def _argmax(value: Array, args: Args, outputs: tuple[str, ...]) -> Array:
    return _ranked(value)[:1].astype(np.uint32)


def _label(value: Array, args: Args, outputs: tuple[str, ...]) -> list[str]:
    """The label of each index, rounded towards zero; the fallback where there is none."""
    words = args["wordlist"].split("\n")
    inside = [-1 < index < len(words) for index in value.reshape(-1)]
    indices = value.reshape(-1)
    return [
        words[int(index)] if known else args["fallback"]
        for index, known in zip(indices, inside, strict=True)
    ]


def _ohv_label(value: Array, args: Args, outputs: tuple[str, ...]) -> list[str]:
    """The label of the largest score; the fallback where every score is NaN."""
    if np.isnan(value).all():
        return [args["fallback"]]
    return [args["wordlist"].split("\n")[int(_ranked(value)[0])]]


def _softmax(value: Array, args: Args, outputs: tuple[str, ...]) -> Array:
    with np.errstate(invalid="ignore"):
        powers = np.exp(value - value.max())
        return np.asarray(powers / powers.sum(dtype=np.float32), dtype=np.float32)


def _binary_classification(value: Array, args: Args, outputs: tuple[str, ...]) -> Array:
    return (value > np.float32(args["threshold"])).astype(np.uint32)


def _object_filter(value: Array, args: Args, outputs: tuple[str, ...]) -> Array:
    """Rows of confidence over the threshold; of two at one place, the more confident."""
    limit = int(args["max_objects"]) or value.shape[-2]
    kept: list[Array] = []
    for row in value.reshape(-1, value.shape[-1]):
        if not row[4] > np.float32(args["threshold"]):
            continue
        found = np.append(row[:5], np.float32(_ranked(row[5:])[0])).astype(np.float32)
        twin = next(
            (
                n
                for n, other in enumerate(kept)
                if (np.abs(found[:2] - other[:2]) <= _SAME_OBJECT).all()
            ),
            None,
        )
        if twin is not None:
            kept[twin] = found if found[4] > kept[twin][4] else kept[twin]
        elif len(kept) < limit:
            kept.append(found)
    return np.array(kept, dtype=np.float32).reshape(len(kept), 6)


def _segment_output(value: Array, args: Args, outputs: tuple[str, ...]) -> tuple[Array, ...]:
    rows, columns, classes = value.shape[-3:]
    pixels = [_ranked(scores)[0] for scores in value.reshape(-1, classes)]
    return np.array(pixels, dtype=np.uint32).reshape(rows, columns), np.unique(pixels).astype(
        np.uint32
    )


def _parse(value: list[str], args: Args, outputs: tuple[str, ...]) -> Array:
    """Numbers between blanks, up to the first NUL of each text; ValueError for anything else."""
    words = [word for text in value for word in _BLANKS.split(text.split("\0")[0]) if word]
    pattern = _FLOAT if outputs[0] == "f32" else _INTEGER
    if not all(pattern.fullmatch(word) for word in words):
        raise ValueError(f"a word is no number of type {outputs[0]}")
    if outputs[0] == "f32":
        with np.errstate(over="ignore"):
            return np.array([float(word) for word in words]).astype(np.float32)
    limits = np.iinfo(_DTYPES[outputs[0]])
    numbers = [int(word) for word in words]
    if any(not limits.min <= number <= limits.max for number in numbers):
        raise ValueError(f"a number is out of the range of {outputs[0]}")
    return np.array(numbers, dtype=_DTYPES[outputs[0]])


def _utf8_decode(value: Array, args: Args, outputs: tuple[str, ...]) -> list[str]:
    return [value.astype(np.uint8).tobytes().split(b"\0")[0].decode()]


def _quantize(value: Array, args: Args, outputs: tuple[str, ...]) -> Array:
    """round(x / scale) + zero_point, halves away from zero, saturating; NaN counts as 0."""
    limits = np.iinfo(_DTYPES[outputs[0] if outputs else "i8"])
    with np.errstate(over="ignore"):
        scaled = (value / np.float32(args["scale"])).astype(np.float64)
    rounded = np.copysign(np.floor(np.abs(scaled) + 0.5), scaled)
    shifted = np.where(np.isnan(rounded), 0, rounded) + int(args["zero_point"])
    return np.asarray(np.clip(shifted, limits.min, limits.max), dtype=limits.dtype)


def _dequantize(value: Array, args: Args, outputs: tuple[str, ...]) -> Array:
    return (value.astype(np.int32) - int(args["zero_point"])).astype(np.float32) * np.float32(
        args["scale"]
    )


_BLOCKS: dict[str, Callable[[Any, Args, tuple[str, ...]], Tensor | tuple[Tensor, ...]]] = {
    "fft": _fft,
    "normalize": _normalize,
    "image-normalization": _image_normalization,
    "audio_float_conversion": _audio_float_conversion,
    "modulo": _modulo,
    "most_confident_indices": _most_confident_indices,
    "argmax": _argmax,
    "label": _label,
    "ohv_label": _ohv_label,
    "softmax": _softmax,
    "binary_classification": _binary_classification,
    "object_filter": _object_filter,
    "segment_output": _segment_output,
    "parse": _parse,
    "utf8_decode": _utf8_decode,
    "quantize": _quantize,
    "dequantize": _dequantize,
}
