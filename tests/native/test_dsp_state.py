"""What the host says a stock block keeps on a board is what the firmware's block keeps."""

import json
from pathlib import Path
from typing import Any

import pytest

from runicd.blocks.table import BLOCKS, infer, resolve_arguments
from runicd.types import TensorType
from tests.board import run_ok

SCRIPT = """
import dsp, json, sys
with open(sys.argv[1]) as file:
    cases = json.load(file)
def tensors(items):
    return tuple((element, tuple(dims), size) for element, dims, size in items)
print(json.dumps([
    dsp.Block(name, args, tensors(inputs), tensors(outputs)).state_bytes
    for name, args, inputs, outputs in cases
]))
"""
F32 = TensorType("f32", (1, 6))
I16 = TensorType("i16", (1, 700))
WORDS = "silence\nyes\nno\nup\n\ndown, or so\n"
PARSED = TensorType("i16", (2,))
TEXT = TensorType("utf8", (1,), 12)
# Block, arguments, input, declared output.
Given = tuple[str, dict[str, Any], TensorType, TensorType | None]
CASES: list[Given] = [
    *[
        ("fft", {"bins": bins, "sample_rate": rate}, I16, None)
        for bins in (16, 17, 255, 256, 257, 480, 512, 513, 1024, 2047, 2048)
        for rate in (8000, 16000)
    ],
    *[
        ("fft", {"arithmetic": arithmetic, "bins": bins, "window_samples": window}, source, None)
        for arithmetic in ("f32", "q15")
        for bins, window, source in (
            (480, 0, I16),
            (512, 0, I16),
            (480, 16000, TensorType("i16", (318,))),
            (480, 16000, TensorType("i16", (1, 3180))),
            (1024, 17500, TensorType("i16", (341,))),
        )
    ],
    *[("noise-filtering", {}, TensorType("u32", (n,)), None) for n in (1, 2, 7, 40, 1960)],
    *[("label", {"wordlist": words}, F32, None) for words in (WORDS, "one", "a,b,c", "é\nü")],
    ("ohv_label", {"wordlist": WORDS}, F32, None),
    *[
        ("segment_output", {}, TensorType("f32", (2, 3, n)), None)
        for n in (1, 2, 7, 8, 9, 16, 17, 64, 65, 300)
    ],
    *[(name, {}, F32, None) for name in ("normalize", "modulo", "argmax", "softmax")],
    ("most_confident_indices", {"count": 3}, F32, None),
    ("binary_classification", {}, F32, None),
    ("audio_float_conversion", {}, I16, None),
    ("image-normalization", {}, I16, None),
    ("object_filter", {}, TensorType("f32", (1, 9, 7)), None),
    ("parse", {}, TEXT, PARSED),
    ("utf8_decode", {}, TensorType("u8", (9,)), None),
    ("quantize", {"scale": 0.5, "zero_point": 3}, F32, None),
    ("dequantize", {"scale": 0.5, "zero_point": 3}, I16, None),
]


def test_state_of_every_block(tmp_path: Path) -> None:
    questions, expected = [], []
    for name, given, source, declared in CASES:
        args = resolve_arguments(BLOCKS[name], given)
        outputs = infer(BLOCKS[name], (source,), args, (declared,) if declared else ())
        tensors = [
            [(one.element, one.dims, one.bytes) for one in row] for row in ((source,), outputs)
        ]
        questions.append((name, args, *tensors))
        expected.append(BLOCKS[name].state_bytes((source,), args))
    path = tmp_path / "cases.json"
    path.write_text(json.dumps(questions))
    assert json.loads(run_ok(SCRIPT, path, heap="1m")) == expected
    assert {name for name, *_ in CASES} == set(BLOCKS)


@pytest.mark.parametrize("name", ["fft", "noise-filtering", "label", "segment_output"])
def test_some_blocks_do_keep_state(name: str) -> None:
    sizes = [
        BLOCKS[name].state_bytes((source,), resolve_arguments(BLOCKS[name], given))
        for block, given, source, _ in CASES
        if block == name
    ]
    assert min(sizes) > 0
