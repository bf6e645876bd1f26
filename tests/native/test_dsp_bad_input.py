"""Stock blocks refuse what they cannot do when they are made, each with its reason."""

from pathlib import Path
from typing import Any

import pytest

from tests.board import run_ok
from tests.native.dsp_board import Case, run_cases, tensor

WORDS = {"wordlist": "a\nb"}
FFT_OUT = tensor("u32", 1, 1960)


def simple(block: str, source: Any, target: Any, args: dict[str, Any] | None = None) -> Case:
    return Case(block, [source], [target], [], args or {})


SAMPLES = tensor("i16", 100)
FLOATS = tensor("f32", 4)
REFUSED = {
    "unknown block": (simple("ftt", SAMPLES, FFT_OUT), "no block 'ftt'"),
    "no name": (simple("", SAMPLES, FFT_OUT), "no block ''"),
    "unknown argument": (
        simple("fft", SAMPLES, FFT_OUT, {"binz": 4}),
        "fft has no argument 'binz'",
    ),
    "argument too small": (
        simple("fft", SAMPLES, FFT_OUT, {"bins": 15}),
        "fft: argument 'bins' is out of range",
    ),
    "argument too large": (
        simple("fft", SAMPLES, FFT_OUT, {"bins": 1 << 40}),
        "fft: argument 'bins' is out of range",
    ),
    "argument not a number": (
        simple("binary_classification", FLOATS, tensor("u32", 4), {"threshold": float("nan")}),
        "binary_classification: argument 'threshold' is out of range",
    ),
    "argument of another type": (
        simple("fft", SAMPLES, FFT_OUT, {"bins": "480"}),
        "fft: argument 'bins' is out of range",
    ),
    "argument a fraction": (
        simple("fft", SAMPLES, FFT_OUT, {"bins": 480.5}),
        "fft: argument 'bins' is out of range",
    ),
    "argument a text": (
        simple("modulo", FLOATS, FLOATS, {"modulus": "2"}),
        "modulo: argument 'modulus' is out of range",
    ),
    "argument no text": (
        simple("label", tensor("u8", 1), tensor("utf8", 1, text_bytes=9), {"wordlist": 7}),
        "label: argument 'wordlist' is out of range",
    ),
    "missing argument": (
        simple("label", tensor("u8", 1), tensor("utf8", 1, text_bytes=9)),
        "label needs the argument 'wordlist'",
    ),
    "NUL in a label": (
        simple("label", tensor("u8", 1), tensor("utf8", 1, text_bytes=9), {"wordlist": "a\0b"}),
        "label: argument 'wordlist' is out of range",
    ),
    "empty wordlist": (
        simple("label", tensor("u8", 1), tensor("utf8", 1, text_bytes=9), {"wordlist": " \n\n"}),
        "label has an empty wordlist",
    ),
    "labels of another number": (
        simple("label", tensor("u8", 2), tensor("utf8", 1, text_bytes=9), WORDS),
        "label gives as many elements as it takes",
    ),
    "fewer labels than scores": (
        simple("ohv_label", tensor("u8", 3), tensor("utf8", 1, text_bytes=9), WORDS),
        "ohv_label has fewer labels than there are scores",
    ),
    "arithmetic": (
        simple("fft", SAMPLES, FFT_OUT, {"arithmetic": "q31"}),
        "fft computes in f32 or q15",
    ),
    "arithmetic that is no text": (
        simple("fft", SAMPLES, FFT_OUT, {"arithmetic": 15}),
        "fft: argument 'arithmetic' is out of range",
    ),
    "window below 0": (
        simple("fft", SAMPLES, FFT_OUT, {"window_samples": -1}),
        "fft: argument 'window_samples' is out of range",
    ),
    "window too long": (
        simple("fft", SAMPLES, FFT_OUT, {"window_samples": (1 << 20) + 1}),
        "fft: argument 'window_samples' is out of range",
    ),
    "window whose frames are not even": (
        simple("fft", SAMPLES, FFT_OUT, {"window_samples": 12000}),
        "fft cannot space 49 frames evenly in a window of so many samples",
    ),
    "window whose last frame is cut off": (
        simple("fft", SAMPLES, FFT_OUT, {"window_samples": 3000, "bins": 64, "window_overlap": 0}),
        "fft cannot space 49 frames evenly in a window of so many samples",
    ),
    "step between two frames": (
        simple("fft", tensor("i16", 320), FFT_OUT, {"window_samples": 16000}),
        "fft takes whole spacings of frames at a time, at most a window",
    ),
    "step longer than a window": (
        simple("fft", tensor("i16", 16218), FFT_OUT, {"window_samples": 16000}),
        "fft takes whole spacings of frames at a time, at most a window",
    ),
    "input type": (
        simple("fft", tensor("u16", 100), FFT_OUT),
        "fft does not take an input of this type",
    ),
    "output type": (
        simple("fft", SAMPLES, tensor("i32", 1, 1960)),
        "fft does not give an output of this type",
    ),
    "output size": (
        simple("fft", SAMPLES, tensor("u32", 1, 1961)),
        "fft gives 1960 elements, 49 frames of 40 bands",
    ),
    "empty input": (
        simple("softmax", tensor("f32", 0), tensor("f32", 0)),
        "softmax a tensor has no elements, or too many",
    ),
    "no input": (Case("softmax", [], [FLOATS], []), "softmax takes one input"),
    "two inputs": (Case("softmax", [FLOATS, FLOATS], [FLOATS], []), "softmax takes one input"),
    "no output": (Case("softmax", [FLOATS], [], []), "softmax has one output"),
    "one output of two": (
        simple("segment_output", tensor("f32", 2, 2, 3), tensor("u32", 2, 2)),
        "segment_output has two outputs",
    ),
    "three outputs": (
        Case("segment_output", [tensor("f32", 2, 2, 3)], [tensor("u32", 2, 2)] * 3, []),
        "segment_output has two outputs",
    ),
    "shorter buffer than shape": (
        Case("softmax", [("f32", (4,), 15)], [FLOATS], []),
        "softmax a tensor does not fit its buffer",
    ),
    "negative dimension": (
        Case("softmax", [("f32", (-1,), 4)], [FLOATS], []),
        "dimension out of range",
    ),
    "too many dimensions": (
        Case("softmax", [("f32", (1,) * 7, 4)], [FLOATS], []),
        "too many dimensions",
    ),
    "more elements than 32 bits": (
        Case("softmax", [("f32", (1 << 20, 1 << 20), 4)], [FLOATS], []),
        "softmax a tensor has no elements, or too many",
    ),
    "unknown type": (Case("softmax", [("f16", (4,), 8)], [FLOATS], []), "no element type 'f16'"),
    "zero modulus": (
        simple("modulo", FLOATS, FLOATS, {"modulus": 0.0}),
        "modulo needs a modulus that is not 0 and not infinite",
    ),
    "infinite modulus": (
        simple("modulo", FLOATS, FLOATS, {"modulus": float("inf")}),
        "modulo needs a modulus that is not 0 and not infinite",
    ),
    "half a 64-bit modulus": (
        simple("modulo", tensor("u64", 1), tensor("u64", 1), {"modulus": 0.5}),
        "modulo needs a whole modulus for 64-bit integers",
    ),
    "more confident than there are": (
        simple("most_confident_indices", FLOATS, tensor("u32", 5), {"count": 5}),
        "most_confident_indices is asked for more indices than there are scores",
    ),
    "scores in a table": (
        simple("most_confident_indices", tensor("f32", 2, 2), tensor("u32", 1)),
        "most_confident_indices takes one row of scores",
    ),
    "objects too narrow": (
        simple("object_filter", tensor("f32", 1, 3, 5), tensor("f32", 3, 6)),
        "object_filter takes rows of 5 numbers and at least one class",
    ),
    "objects with less room": (
        simple("object_filter", tensor("f32", 1, 3, 6), tensor("f32", 2, 6)),
        "object_filter gives as many rows of 6 as there may be objects",
    ),
    "segments with less room": (
        Case(
            "segment_output", [tensor("f32", 2, 2, 3)], [tensor("u32", 2, 2), tensor("u32", 2)], []
        ),
        "segment_output gives as many classes as there may be",
    ),
    "flat picture": (
        Case("segment_output", [tensor("f32", 2, 2)], [tensor("u32", 2), tensor("u32", 2)], []),
        "segment_output takes rows, columns and classes",
    ),
    "zero point": (
        simple("quantize", FLOATS, tensor("u8", 4), {"scale": 1.0, "zero_point": -1}),
        "quantize has a zero point out of the type's range",
    ),
    "scale": (
        simple("dequantize", tensor("i8", 4), FLOATS, {"scale": 0.0}),
        "dequantize: argument 'scale' is out of range",
    ),
    "number to parse": (
        simple("parse", FLOATS, FLOATS),
        "parse does not take an input of this type",
    ),
    "text parsed to text": (
        simple("parse", tensor("utf8", 1, text_bytes=4), tensor("utf8", 1, text_bytes=4)),
        "parse does not give an output of this type",
    ),
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    cases = [case for case, _ in REFUSED.values()]
    return dict(zip(REFUSED, run_cases(cases, tmp_path_factory.mktemp("dsp")), strict=True))


@pytest.mark.parametrize("fault", REFUSED)
def test_a_block_that_cannot_work_is_not_made(fault: str, answers: dict[str, Any]) -> None:
    answer = answers[fault]
    assert isinstance(answer, str), answer
    assert answer.endswith("Error: " + REFUSED[fault][1])


RUNS = """
import dsp
from array import array
block = dsp.Block("softmax", {}, (("f32", (4,)),), (("f32", (4,)),))
good, out = array("f", [1, 2, 3, 4]), array("f", [0] * 4)
odd = memoryview(bytearray(17))[1:]
for inputs, outputs in (
    ((good,), (array("f", [0] * 3),)),
    ((bytes(15),), (out,)),
    ((odd,), (out,)),
    ((good,), (odd,)),
    ((good,), (bytes(16),)),
    ((good, good), (out,)),
    ((), (out,)),
    (good, (out,)),
    ((4,), (out,)),
    (None, (out,)),
):
    try:
        block.run(inputs, outputs)
        print("ran")
    except (TypeError, ValueError) as error:
        print(type(error).__name__, error)
block.run((good,), (out,))
print(round(sum(out), 5), block.name, block.state_bytes, block.shape(), block)
try:
    block.shape(1)
except IndexError as error:
    print(error)
for call in (lambda: dsp.Block(), lambda: dsp.Block("fft", None, (), ()), lambda: block.other):
    try:
        call()
    except (TypeError, AttributeError) as error:
        print(type(error).__name__)
"""


def test_a_run_with_the_wrong_buffers_is_refused() -> None:
    lines = run_ok(RUNS).splitlines()
    assert lines[:5] == [
        "ValueError softmax is given a buffer that is too short",
        "ValueError softmax is given a buffer that is too short",
        "ValueError softmax is given a buffer that is not aligned",
        "ValueError softmax is given a buffer that is not aligned",
        "TypeError object with buffer protocol required",
    ]
    assert all(line.startswith(("TypeError", "ValueError")) for line in lines[5:10])
    assert lines[10:12] == ["1.0 softmax 0 (4,) <dsp.Block softmax>", "no such output"]
    assert lines[12:] == ["TypeError", "TypeError", "AttributeError"]


def test_running_allocates_nothing() -> None:
    script = """
import dsp, micropython
samples, bands, codes = bytearray(32000), bytearray(1960 * 4), bytearray(1960)
fft = dsp.Block("fft", {}, (("i16", (1, 16000)),), (("u32", (1, 1960)),))
noise = dsp.Block("noise-filtering", {}, (("u32", (1, 1960)),), (("i8", (1, 1960)),))
first, second, third = (samples,), (bands,), (codes,)
micropython.heap_lock()
fft.run(first, second)
noise.run(second, third)
micropython.heap_unlock()
print("ran")
"""
    assert run_ok(script) == "ran\n"


def test_a_state_larger_than_the_heap_is_a_memory_error(tmp_path: Path) -> None:
    source, target = tensor("u32", 1 << 24), tensor("i8", 1 << 24)
    answer = run_cases([Case("noise-filtering", [source], [target], [])], tmp_path, heap="1m")[0]
    assert answer.startswith("MemoryError")


def test_made_and_dropped_blocks_leave_nothing_behind() -> None:
    script = """
import dsp, gc
words = "one" + chr(10) + "two"
def make():
    label = dsp.Block("label", {"wordlist": "".join(words)}, (("u8", (1,)),), (("utf8", (1,), 9),))
    fft = dsp.Block("fft", {"bins": 2048}, (("i16", (10,)),), (("u32", (1960,)),))
    return label, fft
kept = make()
gc.collect()
before = gc.mem_alloc()
for _ in range(2000):
    make()
gc.collect()
print(gc.mem_alloc() - before < 2000)
out = bytearray(9)
for index in (1, 0, 5):
    kept[0].run((bytes([index]),), (out,))
    print(bytes(out[:4]))
"""
    assert run_ok(script).splitlines() == [
        "True",
        r"b'two\x00'",
        r"b'one\x00'",
        r"b'\x00ne\x00'",
    ]
