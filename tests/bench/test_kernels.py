"""Kernels run alone give the reference's outputs on every core, and their counts are exact."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from bench import cmsis_nn, counter, kernel_runs, kernels
from bench.counter import Counts
from runicd.model.read_tflite import read_tflite
from runicd.model.reference.run import run
from tests.native.nn_cases import Chance
from tests.native.test_nn_ops import PAIRS

pytestmark = pytest.mark.skipif(
    shutil.which(counter.QEMU) is None or shutil.which("arm-none-eabi-gcc") is None,
    reason="no qemu-system-arm or arm-none-eabi-gcc here",
)
CASES_EACH = 12
LISTING = """\
layer  MACs x   ref insn  i/MAC    nn insn  i/MAC ld/MAC speedup bad buf unsat
kws_conv10x4s2_1_64        320000 1   10230433  31.97    1120496   3.50   0.82    9.13 0 160 54
kws_pw_64_64               512000 4    3922913   7.66    1051002   2.05   0.43    3.73 0 0 47
TOTAL kws    MACs=2656768 ref=34639352 (13.04/MAC) nn=7703384 (2.90/MAC) speedup=4.50
"""


def random_jobs(chance: Chance) -> tuple[list[kernel_runs.Job], list[bytes]]:
    """Small models of every int8 op, and what numpy computes of them."""
    jobs, expected = [], []
    for generator, element in PAIRS:
        for _ in range(CASES_EACH if element == "i8" else 0):
            case = generator(chance, element)
            jobs.append((case.model, b"".join(values.tobytes() for values in case.inputs)))
            found = run(read_tflite(case.model), case.inputs)
            expected.append(b"".join(each.tobytes() for each in found))
    return jobs, expected


@pytest.mark.parametrize("core", kernel_runs.CORES)
def test_outputs_of_every_op_are_the_reference_s(core: str) -> None:
    jobs, expected = random_jobs(np.random.default_rng(5))
    assert len(jobs) > 10 * CASES_EACH
    assert kernel_runs.run(core, jobs) == expected
    assert kernel_runs.run(core, jobs, pack=True) == expected


def test_packed_weights_save_instructions_where_pairs_are_multiplied() -> None:
    path = kernels.networks()["gesture"]
    for core, gains in (("m3", False), ("m4", True), ("m7", True)):
        in_place, packed = (
            kernels.measure(core, "gesture", path, pack=pack).layers.instructions
            for pack in (False, True)
        )
        assert (packed < 0.9 * in_place) == gains
        assert packed <= in_place


def test_outputs_of_several_calls_follow_one_another() -> None:
    path = kernels.networks()["gesture"]
    model = read_tflite(path.read_bytes())
    shape = model.tensors[model.inputs[0]].shape
    values = np.random.default_rng(3).integers(-128, 128, (3, *shape)).astype("i1")
    expected = b"".join(run(model, [each])[0].tobytes() for each in values)
    assert kernel_runs.run("m3", [(path.read_bytes(), values.tobytes())]) == [expected]


@pytest.mark.parametrize("core", ["m7", "x86"])
def test_what_is_wrong_with_a_job_is_told(core: str) -> None:
    good = kernels.networks()["sine_int8"].read_bytes()
    with pytest.raises(kernel_runs.KernelError, match="job 1: "):
        kernel_runs.run(core, [(good, b"\0"), (b"no model" * 8, b"")])
    wide = kernels.networks()["gesture"].read_bytes()
    with pytest.raises(kernel_runs.KernelError, match=r"job 0: .* number of calls"):
        kernel_runs.run(core, [(wide, b"\0")])


def test_counts_are_the_same_each_time_and_ops_are_the_whole() -> None:
    path = kernels.networks()["gesture"]
    first, second = (kernels.measure("m7", "gesture", path) for _ in range(2))
    assert first == second
    assert len(first.counts.ops) == len(first.model.ops)
    of_ops = sum(each.instructions for each in first.counts.ops)
    calling = first.counts.whole.instructions - of_ops
    assert 0 < calling < 10 * len(first.model.ops) + 20
    assert first.layers.instructions < of_ops


def test_layers_are_told_beside_cmsis_nn_s(tmp_path: Path) -> None:
    (tmp_path / "cmsis_nn_v7_m7.txt").write_text(LISTING)
    known = cmsis_nn.read("m7", "kws_ref_model", tmp_path)
    assert known == cmsis_nn.Known(
        7703384, {("conv", 1, 320000): 1120496, ("conv", 64, 512000): 1051002}
    )
    assert cmsis_nn.read("m4", "kws_ref_model", tmp_path) is None
    assert cmsis_nn.read("m7", "gesture", tmp_path) is None


def test_what_is_unknown_of_a_sum_stays_so() -> None:
    assert kernels.total([Counts(1, 2, 3), Counts(4, 5, 6)]) == Counts(5, 7, 9)
    assert kernels.total([Counts(1, 2, 3), Counts(4, None, None)]) == Counts(5, None, None)


def test_tables_have_every_layer() -> None:
    measured = kernels.measure("m3", "sine_int8", kernels.networks()["sine_int8"])
    assert [row[1] for row in kernels.layers(measured).rows] == ["FULLY_CONNECTED"] * 3
    section = kernels.summary([measured])
    row = dict(zip(section.columns, section.rows[0], strict=True))
    assert row["layers"] == sum(each.instructions for each in measured.counts.ops)
    assert row["per MAC"] == row["layers"] / 288
