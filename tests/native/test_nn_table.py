"""What the host says `nn` keeps for a model besides its arena is what the firmware keeps."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bench.kernel_runs import sizes
from runicd.model.arena import plan_arena
from runicd.model.packed import packed_bytes
from runicd.model.read_tflite import read_tflite
from runicd.model.table import table_bytes
from tests.board import run_ok
from tests.native.nn_cases import conv
from tests.native.nn_growing import random_networks
from tests.native.test_nn_arena import MLPERF_TINY, MODELS, write_all
from tests.native.test_nn_ops import PAIRS, Generator

CASES_EACH = 40

SCRIPT = """
import json, nn, sys
found = []
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        found.append(nn.Model(file.read()).table_bytes)
print(json.dumps(found))
"""


NARROW_CORE, PACKING_CORE = "m3", "m7"
# What TensorFlow Lite Micro's interpreter reports for its arena, with 64-bit pointers.
VISUAL_WAKE_WORDS_REFERENCE_BYTES = 103_680


def compare(paths: list[Path]) -> list[int]:
    """Return what the firmware says, after it was found to be what the host says."""
    found: list[int] = json.loads(run_ok(SCRIPT, *paths, heap="4m"))
    expected = [table_bytes(read_tflite(path.read_bytes())) for path in paths]
    assert dict(zip(paths, found, strict=True)) == dict(zip(paths, expected, strict=True))
    return found


def compare_narrow(models: list[bytes]) -> int:
    """Compare tables and arenas with those on a core whose pointers have 32 bits."""
    parsed = [read_tflite(model) for model in models]
    expected = [(table_bytes(one, 4), plan_arena(one).arena_bytes) for one in parsed]
    found = [(tables, arena) for tables, arena, _ in sizes(NARROW_CORE, models)]
    named = [" ".join(op.name for op in one.ops) for one in parsed]
    wrong = {
        name: f"counted {said}, are {are}"
        for name, said, are in zip(named, expected, found, strict=True)
        if said != are
    }
    assert wrong == {}
    return len(models)


def test_packed_weights_on_a_core_that_gains_by_them(tmp_path: Path) -> None:
    chance = np.random.default_rng(61)
    models = [path.read_bytes() for path in [*MODELS, *MLPERF_TINY, *write_all(tmp_path)]]
    models += [conv(chance, "i8").model for _ in range(100)]
    models += [case.model for case in random_networks("i8", 40)]
    found = [packed for _, _, packed in sizes(PACKING_CORE, models)]
    assert [packed_bytes(read_tflite(model)) for model in models] == found
    assert sum(packed > 0 for packed in found) > 50


def test_tables_of_networks_on_32_bits(tmp_path: Path) -> None:
    paths = [*MODELS, *MLPERF_TINY, *write_all(tmp_path)]
    assert compare_narrow([path.read_bytes() for path in paths]) > 30


def test_tables_of_every_op_on_32_bits() -> None:
    chance = np.random.default_rng(53)
    models = [generator(chance, element).model for generator, element in PAIRS for _ in range(3)]
    assert compare_narrow(models) == 3 * len(PAIRS)


def test_tables_of_networks(tmp_path: Path) -> None:
    assert all(size > 0 for size in compare([*MODELS, *MLPERF_TINY, *write_all(tmp_path)]))


def test_visual_wake_words_takes_six_tenths_of_what_the_reference_does() -> None:
    paths = [path for path in MLPERF_TINY if path.stem.startswith("vww")]
    if not paths:
        pytest.skip("the MLPerf Tiny networks are not here")
    model = read_tflite(paths[0].read_bytes())
    total = plan_arena(model).arena_bytes + compare(paths)[0]
    assert total <= 0.6 * VISUAL_WAKE_WORDS_REFERENCE_BYTES


@pytest.mark.parametrize(
    ("generator", "element"),
    PAIRS,
    ids=[f"{generator.__name__}-{element}" for generator, element in PAIRS],
)
def test_tables_of_every_op(generator: Generator, element: str, tmp_path: Path) -> None:
    chance = np.random.default_rng(47)
    for number in range(CASES_EACH):
        (tmp_path / f"{number}.tflite").write_bytes(generator(chance, element).model)
    assert len(compare(sorted(tmp_path.iterdir()))) == CASES_EACH
