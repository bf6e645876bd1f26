"""The rounding `tflm-single` in C: equal to the reference's, and not to `tflm-double`.

Rounding once is a choice of the firmware's build; the kernels alone are built with it here, for
this machine and for one emulated core. `make check-kernels` compares more.
"""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bench.kernel_runs import run
from runicd.model.read_tflite import read_tflite
from runicd.model.reference.run import run as run_reference
from runicos.contract.checked_manifest import TFLM_DOUBLE, TFLM_SINGLE
from tests.board import ROOT
from tests.native.nn_batch import Case, run_numpy
from tests.native.nn_layers import Layer, layers, model
from tests.native.test_nn_ops import PAIRS

pytestmark = pytest.mark.own_programs

LEAST_OUTPUTS = int(os.environ.get("RUNIC_KERNEL_OUTPUTS", "100000"))
CORES = ("x86", "x86-asan", "m4")
CASES_EACH = 30


def compare(drawn: Sequence[Layer]) -> tuple[int, int]:
    """Run layers on each core; return how many outputs there are, and differ from tflm-double."""
    made = [model(layer) for layer in drawn]
    read = [(read_tflite(data), [values]) for data, values in made]
    once = [run_reference(*one, TFLM_SINGLE)[0] for one in read]
    twice = [run_reference(*one, TFLM_DOUBLE)[0] for one in read]
    jobs = [(data, values.tobytes()) for data, values in made]
    for core in CORES:
        outputs = run(core, jobs, rounding=TFLM_SINGLE)
        for layer, right, output in zip(drawn, once, outputs, strict=True):
            wrong = np.frombuffer(output, "i1") != right.ravel()
            assert not wrong.any(), f"{wrong.sum()} of {wrong.size} differ on {core}: {layer}"
    telling = sum(int((a != b).sum()) for a, b in zip(once, twice, strict=True))
    return sum(right.size for right in once), telling


def test_no_layer_differs_from_the_reference_on_any_core() -> None:
    compared = telling = 0

    @settings(
        max_examples=100,
        deadline=None,
        derandomize="RUNIC_KERNEL_OUTPUTS" not in os.environ,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(layers(), min_size=1, max_size=60))
    def campaign(drawn: list[Layer]) -> None:
        nonlocal compared, telling
        if compared < LEAST_OUTPUTS:
            found = compare(drawn)
            compared, telling = compared + found[0], telling + found[1]

    while compared < LEAST_OUTPUTS:
        campaign()
    print(f"{compared:,} outputs on each of {', '.join(CORES)}, {telling:,} unlike tflm-double")
    assert telling > 0


def _job(case: Case) -> tuple[bytes, bytes]:
    return case.model, b"".join(values.tobytes() for inputs in case.runs for values in inputs)


def _joined(case: Case, rounding: str) -> bytes:
    return b"".join(output.tobytes() for output in run_numpy(case, rounding))


def test_no_operator_differs_from_the_reference() -> None:
    chance = np.random.default_rng(2027)
    pairs = [pair for pair in PAIRS if pair[1] in ("i8", "i16", "i4")]
    cases = [generate(chance, element) for generate, element in pairs for _ in range(CASES_EACH)]
    wanted = [_joined(case, TFLM_SINGLE) for case in cases]
    jobs = [_job(case) for case in cases]
    for core in ("x86-asan", "m4"):
        outputs = run(core, jobs, rounding=TFLM_SINGLE)
        wrong = [case.label for case, a, b in zip(cases, outputs, wanted, strict=True) if a != b]
        assert wrong == [], core
    telling = [a != _joined(case, TFLM_DOUBLE) for case, a in zip(cases, wanted, strict=True)]
    assert any(telling)


def _flags(folder: Path, board_toml: str) -> subprocess.CompletedProcess[str]:
    """Ask make for what a board's [nn] gives the compiler."""
    (folder / "board.toml").write_text(board_toml)
    (folder / "Makefile").write_text(
        f"BOARD_FOLDER := {folder}\ninclude {ROOT}/boards/nn_options.mk\n"
        "all:\n\t@$(MAKE) -s -f module.mk $(PORT_FLAGS)\n"
    )
    (folder / "module.mk").write_text(
        f"USERMOD_DIR := {ROOT}/native_modules/nn\n"
        "all:\n\t@echo '$(CFLAGS_USERMOD)'\n"
        f"include {ROOT}/native_modules/nn/micropython.mk\n"
    )
    command = ["make", "-s", "--no-print-directory", "-C", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("stated", "is_single"),
    [
        ("", False),
        ('[nn]\nrounding = "tflm-double"\n', False),
        ('[nn]\nops = ["core"]\nrounding = "tflm-single"  # once\n\n[budgets]\n', True),
        ('[nn]\nops = ["core"]\n\n[other]\nrounding = "tflm-single"\n', False),
    ],
)
def test_board_toml_chooses_what_the_firmware_has(
    stated: str, is_single: bool, tmp_path: Path
) -> None:
    finished = _flags(tmp_path, stated)
    assert finished.returncode == 0, finished.stderr
    assert ("-DNN_SINGLE_ROUNDING=1" in finished.stdout) == is_single
    assert ("-DNN_SOME_GROUPS" in finished.stdout) == ("ops" in stated)


def test_a_rounding_that_nobody_knows_does_not_build(tmp_path: Path) -> None:
    finished = _flags(tmp_path, '[nn]\nrounding = "nearest"\n')
    assert finished.returncode != 0
    assert (
        "NN_ROUNDING: no rounding nearest; there are: tflm-double tflm-single" in finished.stderr
    )
