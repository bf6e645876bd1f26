"""The table of stock blocks: names old and new, arguments, and the types that come out.

The board has the same table in `native_modules/dsp`. Nothing here imports numpy: building a
stock Rune must be quick.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from runicd.blocks import inference, state
from runicd.blocks.arguments import Argument, BlockError, Value, check_arguments
from runicd.types import TensorType

Inference = Callable[
    [tuple[TensorType, ...], Mapping[str, Value], tuple[TensorType | None, ...]],
    tuple[TensorType, ...],
]
StateBytes = Callable[[tuple[TensorType, ...], Mapping[str, Value]], int]


@dataclass(frozen=True, slots=True)
class BlockSpec:
    """A stock block; outputs at `flexible` have as many rows as a call finds.

    `state_bytes` says what the block keeps on a board, from its inputs' types and its arguments.
    """

    name: str
    summary: str
    inference: Inference
    arguments: tuple[Argument, ...] = ()
    aliases: tuple[str, ...] = ()
    flexible: tuple[int, ...] = ()
    state_bytes: StateBytes = state.none


_WORDLIST = Argument("wordlist", "words", None, aliases=("labels",))
_FALLBACK = Argument("fallback", "text", "", aliases=("unknown",))
_QUANTISATION = (
    Argument("scale", "float", None, 1e-30),
    Argument("zero_point", "int", 0, -32768, 32767),
)

_SPECS = (
    BlockSpec(
        "fft",
        "samples to a mel spectrogram, 49 frames of 40 bands",
        inference.fft,
        (
            Argument("sample_rate", "int", 16000, 1000, 96000),
            Argument("bins", "int", 480, 16, 2048),
            Argument("window_overlap", "float", 0.6666667, 0, 0.999),
            Argument("arithmetic", "text", "f32", is_late=True),
            Argument("window_samples", "int", 0, 0, 1 << 20, is_late=True),
        ),
        state_bytes=state.fft,
    ),
    BlockSpec(
        "noise-filtering",
        "noise reduction, gain control and logarithm of a spectrogram",
        inference.noise_filtering,
        (
            Argument("strength", "float", 0.95, 0, 8),
            Argument("offset", "float", 80.0, 0, 1e6),
            Argument("gain_bits", "int", 21, 11, 31),
            Argument("smoothing_bits", "int", 10, 0, 16),
            Argument("even_smoothing", "float", 0.025, 0, 1),
            Argument("odd_smoothing", "float", 0.06, 0, 1),
            Argument("min_signal_remaining", "float", 0.05, 0, 1),
        ),
        state_bytes=state.noise_filtering,
    ),
    BlockSpec("normalize", "stretch to [0, 1]", inference.normalize),
    BlockSpec(
        "image-normalization", "a type's whole range to [0, 1]", inference.image_normalization
    ),
    BlockSpec(
        "audio_float_conversion", "i16 samples to [-1, 1]", inference.audio_float_conversion
    ),
    BlockSpec(
        "modulo",
        "remainder",
        inference.modulo,
        (Argument("modulus", "float", 1.0, aliases=("modulo",)),),
        ("pb_mod", "mod"),
    ),
    BlockSpec(
        "most_confident_indices",
        "indices of the largest scores",
        inference.most_confident_indices,
        (Argument("count", "int", 1, 1, inference.LARGEST_COUNT),),
    ),
    BlockSpec(
        "label",
        "index to label",
        inference.label,
        (_WORDLIST, _FALLBACK),
        state_bytes=state.labels,
    ),
    BlockSpec(
        "ohv_label",
        "label of the largest score",
        inference.ohv_label,
        (_WORDLIST, _FALLBACK),
        ("gesture_agg", "person_detection_agg"),
        state_bytes=state.labels,
    ),
    BlockSpec("argmax", "index of the largest score", inference.argmax, aliases=("arg_max",)),
    BlockSpec("softmax", "scores to probabilities", inference.softmax),
    BlockSpec(
        "binary_classification",
        "1 where over the threshold",
        inference.binary_classification,
        (Argument("threshold", "float", 0.5),),
    ),
    BlockSpec(
        "object_filter",
        "the objects worth reporting",
        inference.object_filter,
        (Argument("threshold", "float", 0.7), Argument("max_objects", "int", 0, 0, 1 << 20)),
        flexible=(0,),
    ),
    BlockSpec(
        "segment_output",
        "class of each pixel",
        inference.segment_output,
        flexible=(1,),
        state_bytes=state.segment_output,
    ),
    BlockSpec("parse", "text to numbers", inference.parse),
    BlockSpec("utf8_decode", "bytes to text", inference.utf8_decode),
    BlockSpec("quantize", "f32 to a model's integers", inference.quantize, _QUANTISATION),
    BlockSpec("dequantize", "a model's integers to f32", inference.dequantize, _QUANTISATION),
)

BLOCKS: dict[str, BlockSpec] = {spec.name: spec for spec in _SPECS}
"""Every stock block by its name."""

_BY_KEY = {
    alias.replace("-", "_"): spec for spec in _SPECS for alias in (spec.name, *spec.aliases)
}


def find_block(reference: str) -> BlockSpec:
    """Return the block that a Runefile's path means.

    Only the last segment counts: `fft`, `hotg-ai/fft@0.11.3`, `hotg-ai/rune#proc_blocks/fft` and
    `https://github.com/hotg-ai/proc-blocks@v0.11.3#fft` are all `fft`; `-` and `_` are the same.
    Raises BlockError, with the nearest name, for any other.
    """
    key = block_key(reference)
    spec = _BY_KEY.get(key)
    if spec is None:
        close = get_close_matches(key, list(_BY_KEY), 1)
        remedy = (
            f'did you mean "{_BY_KEY[close[0]].name}"?'
            if close
            else f"there are {', '.join(BLOCKS)}"
        )
        raise BlockError(f'there is no block "{reference}"', remedy=remedy)
    return spec


def block_key(reference: str) -> str:
    """Return the last segment of a path, without version, in lower case with underscores."""
    base, _, sub_path = reference.strip().partition("#")
    path = (sub_path or base).split("@")[0]
    return path.rstrip("/").rpartition("/")[2].lower().replace("-", "_")


def resolve_arguments(spec: BlockSpec, given: Mapping[str, object]) -> dict[str, Value]:
    """Return all of the block's arguments, checked, under present names; raises BlockError."""
    return check_arguments(spec.name, spec.arguments, given)


def stated_arguments(name: str, args: Mapping[str, Value]) -> dict[str, Value]:
    """Return those of a block's arguments that a Rune states; `name` may be no stock block's."""
    late = {each.name: each.default for each in _late(name)}
    return {key: value for key, value in args.items() if key not in late or value != late[key]}


def _late(name: str) -> list[Argument]:
    return [each for each in BLOCKS[name].arguments if each.is_late] if name in BLOCKS else []


def infer(
    spec: BlockSpec,
    inputs: Sequence[TensorType],
    args: Mapping[str, Value],
    declared: Sequence[TensorType | None] = (),
) -> tuple[TensorType, ...]:
    """Return the types of the block's outputs; `args` come from resolve_arguments.

    A declared output of the same element type and number of elements replaces the inferred
    dimensions. Raises BlockError for inputs that the block does not take and for declared
    outputs that it does not give.
    """
    if len(inputs) != 1:
        raise BlockError(f"{spec.name} takes one input, not {len(inputs)}")
    inferred = spec.inference(tuple(inputs), args, tuple(declared))
    if len(declared) > len(inferred):
        raise BlockError(f"{spec.name} has {len(inferred)} output(s), not {len(declared)}")
    wanted = (*declared, *[None] * (len(inferred) - len(declared)))
    return tuple(
        _agree(spec, index, own, other)
        for index, (own, other) in enumerate(zip(inferred, wanted, strict=True))
    )


def _agree(
    spec: BlockSpec, index: int, own: TensorType, declared: TensorType | None
) -> TensorType:
    """The inferred type with the declared dimensions, where they hold as many elements."""
    if declared is None or (index in spec.flexible and declared.element == own.element):
        return own
    if (declared.element, declared.count) != (own.element, own.count):
        raise BlockError(
            f"{spec.name} gives {own}, not {declared}", remedy=f"declare {own}, or nothing"
        )
    return replace(own, dims=declared.dims)
