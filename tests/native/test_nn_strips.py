"""Ops in strips, on the board: results as those of TensorFlow Lite Micro, memory as planned."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from bench.kernel_runs import CORES, run
from runicd.model.arena import plan_arena
from runicd.model.cut import with_output
from runicd.model.fit import Fitted, fit
from runicd.model.metadata import with_metadata
from runicd.model.read_tflite import Strips, read_tflite
from runicd.model.schema import STRIPS_NAME
from runicd.model.strips import keep_rows, with_strips
from runicd.model.table import table_bytes
from runicd.model.write_tflite import Graph
from tests.board import ROOT, run_ok
from tests.native.nn_batch import Case, check_same, compare, run_reference
from tests.native.nn_strip_cases import cases
from tests.native.test_nn_networks import random_inputs
from tests.native.test_nn_table import compare_narrow

NETWORKS, CORE_NETWORKS = 40, 24
HEAP = "4m"
TINY = sorted((ROOT.parent / "shared/models/mlperf_tiny").glob("*.tflite"))
DIGITS = ROOT / "runes/digits/digits.tflite"
OWN = sorted((ROOT / "runes").glob("*/*.tflite"))

SIZES_SCRIPT = """
import nn, sys
for number in range(int(sys.argv[2])):
    with open("%s/%d.tflite" % (sys.argv[1], number), "rb") as file:
        model = nn.Model(file.read())
    print(model.arena_bytes, model.table_bytes)
"""


def check(found: list[Case], folder: Path) -> None:
    """Results as the reference's, arena and tables as the host's."""
    assert compare(found, folder, HEAP) >= len(found)
    printed = run_ok(SIZES_SCRIPT, folder, str(len(found)), heap=HEAP).splitlines()
    models = [read_tflite(case.model) for case in found]
    expected = [f"{plan_arena(model).arena_bytes} {table_bytes(model)}" for model in models]
    assert printed == expected


@pytest.mark.parametrize("element", ["i8", "f32"])
@pytest.mark.parametrize("seed", [5, 6])
def test_random_networks(element: str, seed: int, tmp_path: Path) -> None:
    found = cases(element, NETWORKS, seed)
    assert len({case.label for case in found}) > NETWORKS * 3 // 4
    check(found, tmp_path)


def test_sizes_on_32_bits() -> None:
    assert compare_narrow([case.model for case in cases("i8", NETWORKS, 7)]) == NETWORKS


def fitting(data: bytes, ram_bytes: int) -> tuple[bytes, Fitted]:
    """The model in strips that fit, or in those that need least."""
    found = fit(read_tflite(data), ram_bytes)
    return with_strips(data, found.strips), found


@pytest.mark.parametrize("path", OWN + TINY, ids=lambda path: path.stem)
def test_networks_in_less_ram(path: Path, tmp_path: Path) -> None:
    chance = np.random.default_rng(7)
    data = path.read_bytes()
    files = [fitting(data, 1)]
    least_bytes, whole_bytes = files[0][1].after.ram_bytes, files[0][1].before.ram_bytes
    files.append(fitting(data, (least_bytes + whole_bytes) // 2))
    inputs = random_inputs(data, chance)
    check([Case(f"{path.stem} {found}", file, inputs) for file, found in files], tmp_path)


@pytest.mark.skipif(not TINY, reason="the MLPerf Tiny networks are not beside the repository")
@pytest.mark.parametrize(
    ("stem", "most_arena_bytes"),
    [("vww_96_int8", 30_016), ("ic_resnet8_int8", 23_808), ("kws_ref_model", 10_880)],
)
def test_what_strips_save(stem: str, most_arena_bytes: int) -> None:
    (path,) = [path for path in TINY if path.stem == stem]
    assert fitting(path.read_bytes(), 1)[1].after.arena_bytes <= most_arena_bytes


def test_profile_counts_strips_to_their_ops(tmp_path: Path) -> None:
    (tmp_path / "0.tflite").write_bytes(fitting(DIGITS.read_bytes(), 1)[0])
    script = """
import nn, sys
with open(sys.argv[1] + "/0.tflite", "rb") as file:
    model = nn.Model(file.read())
model.profile(True)
for _ in range(3):
    model.invoke()
print([(op.name, op.calls) for op in model.profile(False)])
"""
    names = [op.name for op in read_tflite(DIGITS.read_bytes()).ops]
    assert run_ok(script, tmp_path, heap=HEAP).strip() == str([(name, 3) for name in names])


# Metadata that does not hold.


def with_words(data: bytes, *words: int) -> bytes:
    """The model with metadata of any content."""
    return with_metadata(data, STRIPS_NAME, struct.pack(f"<{len(words)}I", *words))


WHOLE = (1, 0, 3, 2)
LIES = [
    (2, 0, 3, 2),
    (1, 0, 3),
    (1, 0, 3, 2, 0),
    (1, 0, 3, 0),
    (1, 0, 3, 1 << 16),
    (1, 0, 0, 2),
    (1, 0, 1, 2),
    (1, 3, 2, 2),
    (1, 0, 6, 2),
    (1, 0, 4, 2),
    (1, (1 << 32) - 1, 3, 2),
    (1, 0, (1 << 32) - 1, 2),
    (),
]


def test_metadata_that_does_not_hold_counts_for_nothing(tmp_path: Path) -> None:
    data = DIGITS.read_bytes()
    inputs = random_inputs(data, np.random.default_rng(8))
    found = [Case(f"{words}", with_words(data, *words), inputs) for words in (WHOLE, *LIES)]
    check(found, tmp_path)
    models = [read_tflite(case.model) for case in found]
    arenas = [plan_arena(model).arena_bytes for model in models]
    assert set(arenas[1:]) == {plan_arena(read_tflite(data)).arena_bytes}
    assert arenas[0] < arenas[1]


def test_an_inner_tensor_that_is_an_output_stays_whole(tmp_path: Path) -> None:
    data = fitting(DIGITS.read_bytes(), 1)[0]
    cut = with_output(data, read_tflite(data).ops[0].outputs[0])
    check([Case("cut", cut, random_inputs(data, np.random.default_rng(9)))], tmp_path)
    assert keep_rows(read_tflite(cut), read_tflite(cut).strips) is None


def test_an_inner_tensor_that_others_read_stays_whole(tmp_path: Path) -> None:
    graph = Graph("read twice")
    x = graph.input("x", "f32", (1, 8, 4, 2))
    first = graph.op("MAX_POOL_2D", [x], filter_h=3, filter_w=1, padding="SAME")
    second = graph.op("MAX_POOL_2D", [first], filter_h=3, filter_w=1, padding="SAME")
    graph.output(graph.op("MUL", [first, second]))
    data = with_strips(graph.to_bytes(), Strips(0, 2, 1))
    assert keep_rows(read_tflite(data), read_tflite(data).strips) is None
    check([Case("read twice", data, random_inputs(data, np.random.default_rng(9)))], tmp_path)


@pytest.mark.parametrize("core", CORES)
def test_every_core(core: str) -> None:
    found = cases("i8", CORE_NETWORKS, 10)
    written = run(core, [(case.model, case.inputs[0].tobytes()) for case in found])
    for case, output in zip(found, written, strict=True):
        (wanted,) = run_reference(case)
        check_same(case.label, np.frombuffer(output, wanted.dtype), wanted.ravel())
