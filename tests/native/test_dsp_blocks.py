"""Every stock block in the firmware against the numpy reference, over random tensors."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runicd.blocks.reference import ReferenceBlock
from runicd.blocks.table import BLOCKS, infer, resolve_arguments
from runicd.types import TensorType
from tests.native.dsp_board import DTYPES, Case, of_array, run_cases

INTEGERS = ("u8", "i8", "u16", "i16", "u32", "i32")
ORDERED = (*INTEGERS, "f32")
SPECIAL = np.array([np.nan, np.inf, -np.inf, -0.0, 0.0, 1e-40, 3.4e38], dtype=np.float32)
ROUNDED = {"softmax": 1e-5}
"""Blocks whose f32 need not be equal: the C library's expf is not numpy's."""

Question = tuple[str, dict[str, Any], list[np.ndarray], list[TensorType]]


def random_array(rng: np.random.Generator, element: str, shape: tuple[int, ...]) -> np.ndarray:
    if element == "f32":
        scale = np.float32(10.0 ** rng.integers(-3, 4))
        return (rng.standard_normal(shape).astype(np.float32) * scale).astype(np.float32)
    limits = np.iinfo(DTYPES[element])
    narrow = rng.random() < 0.5
    low, high = (0, 20) if narrow else (int(limits.min), int(limits.max))
    return rng.integers(low, high, size=shape, endpoint=True, dtype=DTYPES[element])


def random_shape(rng: np.random.Generator) -> tuple[int, ...]:
    return tuple(int(dim) for dim in rng.integers(1, 9, size=int(rng.integers(1, 6))))


def with_specials(rng: np.random.Generator, array: np.ndarray) -> np.ndarray:
    if array.dtype != np.float32:
        return array
    flat = array.reshape(-1).copy()
    places = rng.integers(0, flat.size, size=max(1, flat.size // 4))
    flat[places] = rng.choice(SPECIAL, size=places.size)
    return flat.reshape(array.shape)


def elementwise(
    name: str,
    elements: tuple[str, ...],
    args: list[dict[str, Any]],
    declared: tuple[str, ...] = (),
) -> Iterator[Question]:
    rng = np.random.default_rng(sum(name.encode()))
    for element in elements:
        for arg in args:
            for specials in (False, True):
                shape = random_shape(rng)
                data = [random_array(rng, element, shape) for _ in range(2)]
                if specials:
                    data = [with_specials(rng, array) for array in data]
                outputs = [TensorType(other, shape) for other in declared]
                yield name, arg, data, outputs


def spectra() -> Iterator[Question]:
    rng = np.random.default_rng(7)
    variants = [
        {},
        {"sample_rate": 8000, "bins": 256, "window_overlap": 0.5},
        {"sample_rate": 48000, "bins": 1024, "window_overlap": 0.0},
        {"bins": 16, "window_overlap": 0.9},
        {"bins": 17},
        {"bins": 2048, "window_overlap": 0.75},
        {"sample_rate": 96000, "bins": 333},
        {"sample_rate": 1000, "bins": 512},
    ]
    for args in (*variants, *({**each, "arithmetic": "q15"} for each in variants)):
        for count in (1, 100, 480, 1000, 16000):
            tone = 12000 * np.sin(np.arange(count) * rng.uniform(0.01, 3))
            noise = rng.normal(0, rng.uniform(1, 3000), count)
            samples = np.clip(tone + noise, -32768, 32767).astype(np.int16)
            yield "fft", args, [samples.reshape(1, count)], []
    loud = rng.choice(np.array([-32768, 32767], np.int16), size=16000)
    quiet = rng.choice(np.array([-1, 0, 1], np.int16), size=16000)
    steady = [np.full(16000, value, np.int16) for value in (-32768, -1, 0)]
    for arithmetic in ("f32", "q15"):
        yield "fft", {"arithmetic": arithmetic}, [*steady, loud, quiet], []


def noises() -> Iterator[Question]:
    rng = np.random.default_rng(8)
    variants = [
        {},
        {"strength": 0.5, "offset": 0.0},
        {"strength": 8.0, "offset": 1e6, "gain_bits": 31},
        {"strength": 0.0, "gain_bits": 11, "smoothing_bits": 0},
        {"smoothing_bits": 16, "even_smoothing": 1.0, "odd_smoothing": 0.0},
        {"min_signal_remaining": 1.0, "gain_bits": 27},
    ]
    for args in variants:
        quiet = [rng.integers(0, 65536, size=(1, 1960), dtype=np.uint32) for _ in range(4)]
        loud = [rng.integers(0, 1 << 32, size=(7, 11), dtype=np.uint32) for _ in range(3)]
        yield "noise-filtering", args, quiet, []
        yield "noise-filtering", args, loud, []
    yield "noise-filtering", {}, [np.zeros(40, np.uint32), np.full(40, 0xFFFFFFFF, np.uint32)], []


def choices() -> Iterator[Question]:
    rng = np.random.default_rng(9)
    for element in ORDERED:
        for count in (1, 2, 17, 100):
            row = with_specials(rng, random_array(rng, element, (1, count)))
            yield "argmax", {}, [row, -np.abs(row) if element == "f32" else row], []
            for wanted in {1, count // 2 or 1, count}:
                yield "most_confident_indices", {"count": wanted}, [row], []
        picture = random_array(rng, element, (1, 5, 6, 4))
        yield "segment_output", {}, [with_specials(rng, picture), np.zeros_like(picture)], []
    yield "segment_output", {}, [rng.random((2, 3, 21)).astype(np.float32)], []
    yield "argmax", {}, [np.full((1, 4), np.nan, np.float32)], []


def objects() -> Iterator[Question]:
    rng = np.random.default_rng(10)
    both = {"threshold": 0.2, "max_objects": 50}
    for args in ({}, {"threshold": 0.3}, {"max_objects": 3}, both):
        for classes in (1, 5):
            rows = rng.random((1, 40, 5 + classes)).astype(np.float32)
            rows[0, 20:, :2] = rows[0, :20, :2] + rng.uniform(-0.02, 0.02, (20, 2))
            nothing = np.zeros_like(rows)
            yield "object_filter", args, [rows, nothing, with_specials(rng, rows)], []


def labels() -> Iterator[Question]:
    rng = np.random.default_rng(11)
    words = "\n".join(f"label {n} ü" for n in range(10))
    for element in ORDERED:
        indices = random_array(rng, element, (30,))
        odd = with_specials(rng, indices)
        for args in ({"wordlist": words}, {"wordlist": words, "fallback": "unbekannt"}):
            yield "label", args, [indices, odd], []
            yield "ohv_label", args, [indices[:10], odd[:10]], []
    yield "label", {"wordlist": "a\n\nc"}, [np.arange(6, dtype=np.uint8).reshape(2, 3)], []
    edges = np.array([-1.0, -0.999, -0.0, 9.999, 10.0, 1e20, -1e20], dtype=np.float32)
    yield "label", {"wordlist": words}, [edges], []
    yield "ohv_label", {"wordlist": words, "fallback": "?"}, [np.full(3, np.nan, np.float32)], []


def quantised() -> Iterator[Question]:
    for element, point in (("i8", -3), ("u8", 128), ("i16", 0), ("i8", 127)):
        for scale in (0.1, 1.0, 1e-4, 300.0, 1e-30):
            args = {"scale": scale, "zero_point": point}
            yield from elementwise("quantize", ("f32",), [args], (element,))
            yield from elementwise("dequantize", (element,), [args])
    halves = (np.arange(-40, 40) / 2).astype(np.float32)
    near = np.nextafter(np.float32(0.5), np.float32(0))
    yield "quantize", {"scale": 1.0}, [np.append(halves, near).astype(np.float32)], []


def questions() -> Iterator[Question]:
    yield from elementwise("normalize", ORDERED, [{}])
    yield "normalize", {}, [np.full(5, 7.5, np.float32), np.array([np.nan] * 5, np.float32)], []
    yield from elementwise("image-normalization", INTEGERS, [{}])
    yield from elementwise("audio_float_conversion", ("i16",), [{}])
    yield "audio_float_conversion", {}, [np.array([-32768, -32767, 0, 32767], np.int16)], []
    whole = [{}, {"modulus": 7.0}, {"modulus": -100.0}, {"modulus": 3e9}, {"modulus": 1e20}]
    yield from elementwise("modulo", (*ORDERED, "u64", "i64"), whole)
    yield from elementwise("modulo", ORDERED, [{"modulus": 2.5}, {"modulus": -0.3}])
    yield from elementwise("softmax", ("f32",), [{}])
    yield "softmax", {}, [np.array([1000, 999, -1000], np.float32)], []
    yield from elementwise("binary_classification", ("f32",), [{}, {"threshold": -1.5}])
    yield from spectra()
    yield from noises()
    yield from choices()
    yield from objects()
    yield from labels()
    yield from quantised()


def to_case(question: Question) -> Case:
    name, args, data, declared = question
    spec = BLOCKS[name]
    source = of_array(data[0])
    resolved = resolve_arguments(spec, args)
    outputs = infer(spec, [TensorType(source[0], source[1])], resolved, declared)
    shapes = [(output.element, output.dims, output.bytes) for output in outputs]
    return Case(name, [source], shapes, data, resolved)


def expected(question: Question) -> list[tuple[Any, ...]]:
    name, args, data, declared = question
    elements = tuple(output.element for output in declared)
    block = ReferenceBlock(name, resolve_arguments(BLOCKS[name], args), elements)
    with np.errstate(all="ignore"):
        return [block.run(array) for array in data]


def assert_same(case: Case, own: Any, reference: Any) -> None:
    if isinstance(reference, list):
        assert own == reference, case
        return
    assert own.dtype == reference.dtype, case
    own = own.reshape(reference.shape)
    if case.block in ROUNDED:
        np.testing.assert_allclose(own, reference, rtol=ROUNDED[case.block], atol=1e-30)
    else:
        np.testing.assert_array_equal(own, reference, err_msg=f"{case.block} {case.args}")


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Question, Case, Any]]:
    asked = list(questions())
    cases = [to_case(question) for question in asked]
    results = run_cases(cases, tmp_path_factory.mktemp("dsp"))
    return list(zip(asked, cases, results, strict=True))


@pytest.mark.parametrize("name", sorted(set(BLOCKS) - {"parse", "utf8_decode"}))
def test_the_board_computes_what_the_reference_does(name: str, answers: list[Any]) -> None:
    own = [answer for answer in answers if answer[1].block == name]
    assert own
    for question, case, result in own:
        assert not isinstance(result, str), (case.block, case.args, case.inputs, result)
        for run, reference in zip(result, expected(question), strict=True):
            for tensor, other in zip(run, reference, strict=True):
                assert_same(case, tensor, other)


def test_a_reset_block_forgets(tmp_path: Path) -> None:
    rng = np.random.default_rng(12)
    first, second = (rng.integers(0, 65536, 40, dtype=np.uint32) for _ in range(2))
    case = Case(
        "noise-filtering",
        [of_array(first)],
        [("i8", (40,), 40)],
        [first, second, None, second, None, first],
        {},
    )
    runs = [result[0] for result in run_cases([case], tmp_path)[0]]
    np.testing.assert_array_equal(runs[0], runs[3])
    assert (runs[1] != runs[2]).any()
