"""Data of int16 and weights of int4 on every core, against the reference in numpy."""

import numpy as np
import pytest

from bench.kernel_runs import CORES, run
from tests.native import nn_cases_4, nn_cases_16
from tests.native.nn_batch import Case, run_numpy, worst_difference

pytestmark = pytest.mark.own_programs

CASES_EACH = 4
TOLERANCE = 1e-5  # of float32, which DEQUANTIZE makes


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Models of every op, drawn once."""
    chance = np.random.default_rng(31)
    generated = (*nn_cases_16.GENERATED, *nn_cases_4.GENERATED)
    return [generate(chance, kind) for generate, kind in generated for _ in range(CASES_EACH)]


@pytest.mark.parametrize("core", CORES)
def test_no_op_differs_from_the_reference(core: str, cases: list[Case]) -> None:
    jobs = [(case.model, b"".join(one.tobytes() for one in case.inputs)) for case in cases]
    for case, output in zip(cases, run(core, jobs), strict=True):
        (wanted,) = run_numpy(case)
        found = np.frombuffer(output, wanted.dtype).reshape(wanted.shape)
        limit = TOLERANCE if wanted.dtype.kind == "f" else 0
        assert worst_difference(found, wanted) <= limit, f"{case.label} on {core}"
