"""The host's table of stock blocks and the board's say the same."""

import json
import math
from pathlib import Path

import numpy as np

from runicd.blocks.table import BLOCKS, infer, resolve_arguments
from runicd.types import TensorType
from tests.board import run_ok
from tests.native.dsp_board import Case, run_cases, tensor

INPUTS = {
    "fft": TensorType("i16", (100,)),
    "noise-filtering": TensorType("u32", (4,)),
    "most_confident_indices": TensorType("f32", (4,)),
    "modulo": TensorType("f32", (4,)),
    "binary_classification": TensorType("f32", (4,)),
    "object_filter": TensorType("f32", (1, 4, 6)),
    "quantize": TensorType("f32", (4,)),
    "dequantize": TensorType("i16", (4,)),
}
TOO_MANY = {("most_confident_indices", "count"), ("fft", "window_samples")}
"""What the number of elements limits before the table does."""


def test_both_know_the_same_blocks_and_values() -> None:
    script = """
import dsp, json
print(json.dumps({name: dsp.arguments(name) for name in dsp.blocks()}))
"""
    board = json.loads(run_ok(script))
    assert sorted(board) == sorted(BLOCKS)
    for name, spec in BLOCKS.items():
        own = {argument.name: argument.default for argument in spec.arguments}
        assert own.keys() == board[name].keys()
        for key, value in own.items():
            if isinstance(value, float):
                assert np.float32(board[name][key]) == np.float32(value), (name, key)
            else:
                assert board[name][key] == value, (name, key)


def limits() -> list[tuple[str, str, float, bool]]:
    """Every numeric argument at its limits, and beyond them."""
    found = []
    for name, spec in BLOCKS.items():
        for argument in spec.arguments:
            if argument.kind not in ("int", "float") or (name, argument.name) in TOO_MANY:
                continue
            for limit, away in ((argument.minimum, -1), (argument.maximum, 1)):
                if not math.isinf(limit):
                    outside = limit + away * max(abs(limit) * 1e-3, 1e-3)
                    whole = int(limit) + away if argument.kind == "int" else outside
                    found += [
                        (name, argument.name, limit, True),
                        (name, argument.name, whole, False),
                    ]
    return found


def test_both_draw_the_same_limits(tmp_path: Path) -> None:
    asked, cases = limits(), []
    assert len(asked) > 40
    for name, key, value, fits in asked:
        required = {"scale": 1.0} if name in ("quantize", "dequantize") else {}
        given = resolve_arguments(BLOCKS[name], required)
        declared = [TensorType("i16", (4,))] if name == "quantize" else []
        args = given | {key: value}
        outputs = infer(BLOCKS[name], [INPUTS[name]], args if fits else given, declared)
        shapes = [tensor(output.element, *output.dims) for output in outputs]
        source = tensor(INPUTS[name].element, *INPUTS[name].dims)
        cases.append(Case(name, [source], shapes, [], args))
    for (name, key, value, fits), answer in zip(asked, run_cases(cases, tmp_path), strict=True):
        refused = isinstance(answer, str) and "is out of range" in answer
        assert refused != fits, (name, key, value, answer)
