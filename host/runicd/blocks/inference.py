"""Output types of stock blocks, from the types of their inputs and their arguments."""

from __future__ import annotations

from collections.abc import Mapping

from runicd.blocks.arguments import BlockError, Value
from runicd.blocks.frames import FRAMES, MELS, stream_spacing
from runicd.types import TensorType

Inputs = tuple[TensorType, ...]
Args = Mapping[str, Value]
Declared = tuple[TensorType | None, ...]

SMALL_INTEGERS = ("u8", "i8", "u16", "i16", "u32", "i32")
ORDERED = (*SMALL_INTEGERS, "f32")
NUMERIC = (*ORDERED, "u64", "i64")

LARGEST_COUNT = (1 << 31) - 1
_QUANTISED_RANGES = {"i8": (-128, 127), "u8": (0, 255), "i16": (-32768, 32767)}


def require(block: str, tensor: TensorType, elements: tuple[str, ...]) -> None:
    """Raise BlockError unless the input has one of the element types and at least one element."""
    if tensor.element not in elements:
        raise BlockError(f"{block} takes {' or '.join(elements)}, not {tensor}")
    if not 0 < tensor.count <= LARGEST_COUNT:
        raise BlockError(
            f"{block} needs at least one element and at most {LARGEST_COUNT}, not {tensor}"
        )


def fft(inputs: Inputs, args: Args, declared: Declared) -> Inputs:
    """Samples of any length to 49 frames of 40 mel bands."""
    require("fft", inputs[0], ("i16",))
    if args["arithmetic"] not in ("f32", "q15"):
        raise BlockError(
            f'fft computes in f32 or q15, not in "{args["arithmetic"]}"', argument="arithmetic"
        )
    stream_spacing(args, inputs[0].count)
    return (TensorType("u32", (1, FRAMES * MELS)),)


def noise_filtering(inputs: Inputs, args: Args, declared: Declared) -> Inputs:
    """One i8 for each u32."""
    require("noise-filtering", inputs[0], ("u32",))
    return (TensorType("i8", inputs[0].dims),)


def normalize(inputs: Inputs, args: Args, declared: Declared) -> Inputs:
    """One f32 in [0, 1] for each number."""
    require("normalize", inputs[0], ORDERED)
    return (TensorType("f32", inputs[0].dims),)


def image_normalization(inputs: Inputs, args: Args, declared: Declared) -> Inputs:
    """One f32 in [0, 1] for each integer."""
    require("image-normalization", inputs[0], SMALL_INTEGERS)
    return (TensorType("f32", inputs[0].dims),)


def audio_float_conversion(inputs: Inputs, args: Args, declared: Declared) -> Inputs:
    """One f32 in [-1, 1] for each i16."""
    require("audio_float_conversion", inputs[0], ("i16",))
    return (TensorType("f32", inputs[0].dims),)


def modulo(inputs: Inputs, args: Args, declared: Declared) -> Inputs:
    """The remainder, of the input's own type."""
    require("modulo", inputs[0], NUMERIC)
    modulus = float(args["modulus"])
    if modulus == 0:
        raise BlockError(
            "modulo: the modulus is 0", remedy="give any other number", argument="modulus"
        )
    if inputs[0].element in ("u64", "i64") and not modulus.is_integer():
        raise BlockError(
            f"modulo of {inputs[0].element} needs a whole modulus, not {modulus:g}",
            argument="modulus",
        )
    return inputs


def most_confident_indices(inputs: Inputs, args: Args, declared: Declared) -> Inputs:
    """Indices of the `count` largest scores."""
    require("most_confident_indices", inputs[0], ORDERED)
    if sum(dim != 1 for dim in inputs[0].dims) > 1:
        raise BlockError(f"most_confident_indices takes one row of scores, not {inputs[0]}")
    count = int(args["count"])
    if count > inputs[0].count:
        raise BlockError(
            f"most_confident_indices is asked for {count} of {inputs[0].count} scores",
            argument="count",
        )
    return (TensorType("u32", (count,)),)


def label(inputs: Inputs, args: Args, declared: Declared) -> Inputs:
    """One label for each index."""
    require("label", inputs[0], ORDERED)
    return (_labels(inputs[0].dims, inputs[0].count, args),)


def ohv_label(inputs: Inputs, args: Args, declared: Declared) -> Inputs:
    """The label of the largest score."""
    require("ohv_label", inputs[0], ORDERED)
    words = str(args["wordlist"]).split("\n")
    if len(words) < inputs[0].count:
        raise BlockError(
            f"ohv_label has {len(words)} labels for {inputs[0].count} scores",
            remedy="give a label for each score",
            argument="wordlist",
        )
    return (_labels((1,), 1, args),)


def _labels(dims: tuple[int, ...], count: int, args: Args) -> TensorType:
    """Room for the longest label each time."""
    words = [*str(args["wordlist"]).split("\n"), str(args["fallback"])]
    longest = max(len(word.encode()) for word in words)
    return TensorType("utf8", dims, count * (longest + 1))


def argmax(inputs: Inputs, args: Args, declared: Declared) -> Inputs:
    """The index of the largest score."""
    require("argmax", inputs[0], ORDERED)
    return (TensorType("u32", (1,)),)


def softmax(inputs: Inputs, args: Args, declared: Declared) -> Inputs:
    """Probabilities for scores."""
    require("softmax", inputs[0], ("f32",))
    return inputs


def binary_classification(inputs: Inputs, args: Args, declared: Declared) -> Inputs:
    """1 or 0 for each probability."""
    require("binary_classification", inputs[0], ("f32",))
    return (TensorType("u32", inputs[0].dims),)


def object_filter(inputs: Inputs, args: Args, declared: Declared) -> Inputs:
    """At most as many objects as there are rows."""
    require("object_filter", inputs[0], ("f32",))
    dims = inputs[0].dims
    if len(dims) not in (2, 3) or (len(dims) == 3 and dims[0] != 1) or dims[-1] < 6:
        raise BlockError(
            f"object_filter takes f32[1, n, 5 + classes] with at least one class, not {inputs[0]}"
        )
    limit = int(args["max_objects"])
    return (TensorType("f32", (min(limit, dims[-2]) if limit else dims[-2], 6)),)


def segment_output(inputs: Inputs, args: Args, declared: Declared) -> Inputs:
    """A class for each pixel, and the set of classes that occur."""
    require("segment_output", inputs[0], ORDERED)
    dims = inputs[0].dims
    if len(dims) not in (3, 4) or (len(dims) == 4 and dims[0] != 1):
        raise BlockError(f"segment_output takes [1, rows, columns, classes], not {inputs[0]}")
    rows, columns, classes = dims[-3:]
    return TensorType("u32", (rows, columns)), TensorType("u32", (min(classes, rows * columns),))


def parse(inputs: Inputs, args: Args, declared: Declared) -> Inputs:
    """Whatever numbers the Runefile says are in the text."""
    require("parse", inputs[0], ("utf8",))
    if not declared or declared[0] is None:
        raise BlockError(
            "parse cannot know what is in the text",
            remedy="declare its output's type and dimensions",
        )
    if declared[0].element not in NUMERIC:
        raise BlockError(f"parse gives {' or '.join(NUMERIC)}, not {declared[0]}")
    return (declared[0],)


def utf8_decode(inputs: Inputs, args: Args, declared: Declared) -> Inputs:
    """One text, as long as the bytes at most."""
    require("utf8_decode", inputs[0], ("u8",))
    return (TensorType("utf8", (1,), inputs[0].count + 1),)


def quantize(inputs: Inputs, args: Args, declared: Declared) -> Inputs:
    """i8, or the type declared: u8 or i16."""
    require("quantize", inputs[0], ("f32",))
    element = declared[0].element if declared and declared[0] is not None else "i8"
    _check_zero_point("quantize", element, args)
    return (TensorType(element, inputs[0].dims),)


def dequantize(inputs: Inputs, args: Args, declared: Declared) -> Inputs:
    """f32 for each quantised number."""
    require("dequantize", inputs[0], tuple(_QUANTISED_RANGES))
    _check_zero_point("dequantize", inputs[0].element, args)
    return (TensorType("f32", inputs[0].dims),)


def _check_zero_point(block: str, element: str, args: Args) -> None:
    if element not in _QUANTISED_RANGES:
        raise BlockError(f"{block} knows {' or '.join(_QUANTISED_RANGES)}, not {element}")
    low, high = _QUANTISED_RANGES[element]
    if not low <= int(args["zero_point"]) <= high:
        raise BlockError(
            f"{block}: the zero point {args['zero_point']} is no {element}",
            remedy=f"give {low} to {high}",
            argument="zero_point",
        )
