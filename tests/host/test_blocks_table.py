"""The table of stock blocks: names, arguments, inferred types, refusals with a remedy."""

import subprocess
import sys

import pytest

from runicd.blocks.arguments import BlockError
from runicd.blocks.table import (
    BLOCKS,
    block_key,
    find_block,
    infer,
    resolve_arguments,
    stated_arguments,
)
from runicd.types import TensorType
from tests.board import ROOT

REFERENCES = {
    "fft": "fft",
    "hotg-ai/fft@0.11.3": "fft",
    "runicos/fft": "fft",
    "runicos/proc-block/fft": "fft",
    "hotg-ai/rune#proc_blocks/fft": "fft",
    "hotg-ai/rune@v0.11.3#proc_blocks/fft": "fft",
    "https://github.com/hotg-ai/proc-blocks@v0.11.3#fft": "fft",
    " FFT ": "fft",
    "hotg-ai/pb-mod": "modulo",
    "hotg-ai/rune#proc_blocks/modulo": "modulo",
    "noise_filtering": "noise-filtering",
    "hotg-ai/proc-blocks#noise-filtering@0.11": "noise-filtering",
    "image_normalization": "image-normalization",
    "audio-float-conversion": "audio_float_conversion",
    "most-confident-indices": "most_confident_indices",
    "hotg-ai/rune#proc_blocks/ohv_label": "ohv_label",
    "gesture_agg": "ohv_label",
    "person_detection_agg": "ohv_label",
    "utf8-decode/": "utf8_decode",
}


@pytest.mark.parametrize("reference", REFERENCES)
def test_only_the_last_segment_of_a_path_counts(reference: str) -> None:
    assert find_block(reference).name == REFERENCES[reference]


def test_every_block_is_found_by_its_own_name() -> None:
    for name, spec in BLOCKS.items():
        assert find_block(name) is spec
        assert find_block(name.replace("_", "-")) is spec
        assert find_block(name.replace("-", "_")) is spec
    keys = [block_key(name) for spec in BLOCKS.values() for name in (spec.name, *spec.aliases)]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("reference", "remedy"),
    [
        ("hotg-ai/softmux@1.0", 'did you mean "softmax"?'),
        ("noise-filter", 'did you mean "noise-filtering"?'),
        ("pb_mods", 'did you mean "modulo"?'),
        ("zzzz", "there are fft, noise-filtering,"),
        ("", "there are fft,"),
        ("a#", "there are fft,"),
    ],
)
def test_an_unknown_block_is_answered_with_the_nearest(reference: str, remedy: str) -> None:
    with pytest.raises(BlockError) as error:
        find_block(reference)
    assert error.value.what == f'there is no block "{reference}"'
    assert error.value.remedy.startswith(remedy)


def test_arguments_take_text_and_old_names() -> None:
    given = {"sample-rate": "8000", "window_overlap": 0, "bins": 256.0}
    values = resolve_arguments(BLOCKS["fft"], given)
    late = {"arithmetic": "f32", "window_samples": 0}
    assert values == {"sample_rate": 8000, "bins": 256, "window_overlap": 0.0} | late
    assert [type(value) for value in values.values()] == [int, float, int, str, int]
    assert resolve_arguments(BLOCKS["modulo"], {"modulo": "100"}) == {"modulus": 100.0}
    assert resolve_arguments(BLOCKS["softmax"], {}) == {}


def test_a_rune_states_late_arguments_only_where_they_matter() -> None:
    values = resolve_arguments(BLOCKS["fft"], {"bins": 256})
    early = {"sample_rate", "bins", "window_overlap"}
    assert stated_arguments("fft", values).keys() == early
    listening = values | {"window_samples": 16000}
    assert stated_arguments("fft", listening).keys() == early | {"window_samples"}
    assert stated_arguments("", {"arithmetic": "f32"}) == {"arithmetic": "f32"}


def test_numbers_are_those_of_single_precision() -> None:
    threshold = resolve_arguments(BLOCKS["object_filter"], {"threshold": "0.3"})["threshold"]
    assert threshold == 0.30000001192092896


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("up\ndown\n", "up\ndown"),
        (" up \r\n\r\n down\r\n\r\n", "up\n\ndown"),
        ("up,down, left", "up\ndown\nleft"),
        ("a, b\nc", "a, b\nc"),
        (["up", "down"], "up\ndown"),
        ("alone", "alone"),
        (7, "7"),
    ],
)
def test_a_wordlist_is_one_label_a_line(given: object, words: str) -> None:
    assert resolve_arguments(BLOCKS["label"], {"wordlist": given})["wordlist"] == words
    assert resolve_arguments(BLOCKS["ohv_label"], {"labels": given})["wordlist"] == words


BAD_ARGUMENTS = [
    ("fft", {"binz": 4}, 'fft has no argument "binz"; did you mean "bins"?'),
    (
        "fft",
        {"x": 4},
        'fft has no argument "x"; it takes sample_rate, bins, window_overlap',
    ),
    ("softmax", {"x": 4}, 'softmax has no argument "x"; it takes none'),
    ("fft", {"bins": "many"}, "fft: \"bins\" is 'many'; give a whole number"),
    ("fft", {"bins": "4.5"}, "fft: \"bins\" is '4.5'; give a whole number"),
    ("fft", {"bins": 4.5}, 'fft: "bins" is 4.5; give a whole number'),
    ("fft", {"bins": True}, 'fft: "bins" is True; give a whole number'),
    ("fft", {"bins": [1]}, 'fft: "bins" is [1]; give a whole number'),
    ("fft", {"bins": 10**400}, "give a whole number"),
    ("fft", {"bins": 15}, 'fft: "bins" is 15; give 16 to 2048'),
    ("fft", {"window_overlap": 1.0}, 'fft: "window_overlap" is 1.0; give 0 to 0.999'),
    ("modulo", {"modulus": "nan"}, "modulo: \"modulus\" is 'nan'; give a number"),
    ("modulo", {"modulus": "1e39"}, "modulo: \"modulus\" is '1e39'; give a number"),
    ("modulo", {"modulus": 2, "modulo": 3}, 'modulo is given "modulus" twice; keep one'),
    ("label", {}, 'label needs the argument "wordlist"; add it'),
    ("label", {"wordlist": ""}, 'label: "wordlist" has no labels; give one label a line'),
    ("label", {"wordlist": " \n "}, 'label: "wordlist" has no labels; give one label a line'),
    ("label", {"wordlist": b"a"}, 'label: "wordlist" is not a text; give a text'),
    ("label", {"wordlist": "a\0b"}, 'label: "wordlist" is not a text; give a text'),
    ("label", {"wordlist": ["a\0b"]}, 'label: "wordlist" is not a text; give a text'),
    ("label", {"wordlist": ["a\nb"]}, 'label: "wordlist" has a label of two lines; '),
    ("quantize", {"zero_point": 3}, 'quantize needs the argument "scale"; add it'),
]


@pytest.mark.parametrize(("block", "given", "message"), BAD_ARGUMENTS)
def test_a_bad_argument_is_named(block: str, given: dict[str, object], message: str) -> None:
    with pytest.raises(BlockError) as error:
        resolve_arguments(BLOCKS[block], given)
    assert message in str(error.value)
    if given:
        assert error.value.argument in (*given, "")


def types(block: str, source: str, args: dict[str, object], *declared: str | None) -> str:
    spec = BLOCKS[block]
    outputs = infer(
        spec,
        [read(source)],
        resolve_arguments(spec, args),
        [None if text is None else read(text) for text in declared],
    )
    return " ".join(map(str, outputs))


def read(text: str) -> TensorType:
    element, _, dims = text.rstrip("]").partition("[")
    return TensorType(element, tuple(int(dim) for dim in dims.split(",") if dim), 10)


WORDS = {"wordlist": "a\nbb"}
INFERRED = [
    ("fft", "i16[1,16000]", {}, (), "u32[1, 1960]"),
    ("fft", "i16[7]", {}, ("u32[49,40]",), "u32[49, 40]"),
    ("noise-filtering", "u32[1,1960]", {}, (), "i8[1, 1960]"),
    ("normalize", "u8[2,3]", {}, (), "f32[2, 3]"),
    ("image-normalization", "u8[1,9,9,3]", {}, (), "f32[1, 9, 9, 3]"),
    ("audio_float_conversion", "i16[5]", {}, (), "f32[5]"),
    ("modulo", "u64[5]", {}, (), "u64[5]"),
    ("most_confident_indices", "f32[1,10]", {"count": 3}, (), "u32[3]"),
    ("most_confident_indices", "i8[1,1,10,1]", {}, ("u32[1,1]",), "u32[1, 1]"),
    ("label", "u32[3]", WORDS, (), "utf8[3]"),
    ("label", "u32[1]", WORDS, ("utf8[1,1]",), "utf8[1, 1]"),
    ("ohv_label", "f32[1,2]", WORDS, (), "utf8[1]"),
    ("argmax", "f32[1,6]", {}, (None,), "u32[1]"),
    ("softmax", "f32[1,6]", {}, ("f32[6]",), "f32[6]"),
    ("binary_classification", "f32[4]", {}, (), "u32[4]"),
    ("object_filter", "f32[1,20,85]", {}, (), "f32[20, 6]"),
    ("object_filter", "f32[20,85]", {"max_objects": 5}, ("f32[1,6]",), "f32[5, 6]"),
    ("segment_output", "f32[1,8,9,21]", {}, (), "u32[8, 9] u32[21]"),
    ("segment_output", "f32[2,2,21]", {}, ("u32[4]", "u32[1]"), "u32[4] u32[4]"),
    ("parse", "utf8[1]", {}, ("f32[3]",), "f32[3]"),
    ("utf8_decode", "u8[64]", {}, (), "utf8[1]"),
    ("quantize", "f32[4]", {"scale": 0.5}, (), "i8[4]"),
    ("quantize", "f32[4]", {"scale": 0.5, "zero_point": 128}, ("u8[2,2]",), "u8[2, 2]"),
    ("dequantize", "i16[4]", {"scale": 0.5}, (), "f32[4]"),
]


@pytest.mark.parametrize(("block", "source", "args", "declared", "expected"), INFERRED)
def test_output_types_are_inferred(
    block: str, source: str, args: dict[str, object], declared: tuple[str, ...], expected: str
) -> None:
    assert types(block, source, args, *declared) == expected


def test_texts_get_room_for_the_longest() -> None:
    spec = BLOCKS["label"]
    args = resolve_arguments(spec, {"wordlist": "a\nüü", "fallback": "none"})
    assert infer(spec, [TensorType("u8", (2, 3))], args)[0].bytes == 6 * 5
    args = resolve_arguments(spec, {"wordlist": "a\nüüü"})
    assert infer(spec, [TensorType("u8", (1,))], args)[0].bytes == 7
    assert infer(BLOCKS["utf8_decode"], [TensorType("u8", (64,))], {})[0].bytes == 65


REFUSED = [
    ("fft", "f32[100]", {}, (), "fft takes i16, not f32[100]"),
    ("fft", "i16[0]", {}, (), "fft needs at least one element"),
    ("fft", "i16[100]", {}, ("u32[1,1961]",), "fft gives u32[1, 1960], not u32[1, 1961]"),
    ("fft", "i16[100]", {}, ("i32[1,1960]",), "declare u32[1, 1960], or nothing"),
    ("fft", "i16[100]", {}, (None, None), "fft has 1 output(s), not 2"),
    ("normalize", "f32[4]", {}, ("u8[4]",), "normalize gives f32[4], not u8[4]"),
    ("image-normalization", "f32[4]", {}, (), "takes u8 or i8 or u16 or i16 or u32 or i32"),
    ("modulo", "f64[4]", {}, (), "modulo takes u8"),
    ("modulo", "u8[4]", {"modulus": 0}, (), "modulo: the modulus is 0"),
    ("modulo", "i64[4]", {"modulus": 0.5}, (), "modulo of i64 needs a whole modulus, not 0.5"),
    ("most_confident_indices", "f32[2,2]", {}, (), "takes one row of scores, not f32[2, 2]"),
    ("most_confident_indices", "f32[2]", {"count": 3}, (), "is asked for 3 of 2 scores"),
    ("ohv_label", "f32[3]", WORDS, (), "ohv_label has 2 labels for 3 scores"),
    ("label", "utf8[1]", WORDS, (), "label takes u8"),
    ("binary_classification", "f32[4]", {}, ("u32[1]",), "gives u32[4], not u32[1]"),
    ("object_filter", "f32[1,3,5]", {}, (), "takes f32[1, n, 5 + classes]"),
    ("object_filter", "f32[2,3,6]", {}, (), "takes f32[1, n, 5 + classes]"),
    ("segment_output", "f32[4,4]", {}, (), "takes [1, rows, columns, classes]"),
    ("parse", "utf8[1]", {}, (), "declare its output's type and dimensions"),
    ("parse", "utf8[1]", {}, ("f64[3]",), "parse gives u8"),
    ("parse", "u8[1]", {}, ("f32[3]",), "parse takes utf8, not u8[1]"),
    ("quantize", "f32[4]", {"scale": 1}, ("i32[4]",), "quantize knows i8 or u8 or i16, not i32"),
    ("quantize", "f32[4]", {"scale": 1, "zero_point": 200}, (), "the zero point 200 is no i8"),
    ("dequantize", "i8[4]", {"scale": -1}, (), 'dequantize: "scale" is -1'),
]


@pytest.mark.parametrize(("block", "source", "args", "declared", "message"), REFUSED)
def test_unsuitable_tensors_are_refused(
    block: str, source: str, args: dict[str, object], declared: tuple[str, ...], message: str
) -> None:
    with pytest.raises(BlockError) as error:
        types(block, source, args, *declared)
    assert message in str(error.value)


@pytest.mark.parametrize("count", [0, 2])
def test_a_block_has_one_input(count: int) -> None:
    with pytest.raises(BlockError, match=f"softmax takes one input, not {count}"):
        infer(BLOCKS["softmax"], [TensorType("f32", (3,))] * count, {})


def test_the_table_does_without_numpy() -> None:
    script = "import sys, runicd.blocks.table; sys.exit('numpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_page_on_blocks_names_every_block_and_argument() -> None:
    page = (ROOT / "docs" / "blocks.md").read_text(encoding="utf-8")
    sections = {heading: body for heading, _, body in map(split_section, page.split("\n### "))}
    for name, spec in BLOCKS.items():
        bodies = [body for heading, body in sections.items() if name in heading.split(" (")[0]]
        assert bodies, name
        for argument in spec.arguments:
            assert any(f"`{argument.name}`" in body for body in bodies), (name, argument.name)


def split_section(text: str) -> tuple[str, str, str]:
    return text.partition("\n")
