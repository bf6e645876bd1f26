"""What `runicd model info` estimates, against what is counted."""

import numpy as np
import pytest

from bench import kernel_runs
from bench.instruction_fit import fit
from bench.kernels import measure, networks
from runicd.model.estimate import Estimate, estimates
from runicd.model.read_tflite import read_tflite
from tests.host.model_samples import float_network

NETWORKS = networks()


def estimate(name: str, board: str) -> Estimate:
    model = read_tflite(NETWORKS[name].read_bytes())
    return next(found for found in estimates(model) if found.board == board)


@pytest.mark.parametrize("core", kernel_runs.BOARDS)
def test_networks_take_what_was_estimated(core: str) -> None:
    errors = []
    for name, path in NETWORKS.items():
        told = estimate(name, kernel_runs.BOARDS[core])
        assert told.unknown == ()
        counted = measure(core, name, path).counts.whole.instructions
        errors.append(abs(told.instructions / counted - 1))
    assert np.median(errors) <= 0.1, dict(zip(NETWORKS, errors, strict=True))


def test_kernels_that_were_not_counted_are_named() -> None:
    found = estimates(read_tflite(float_network()))
    assert all(kernel.endswith(":float32") for each in found for kernel in each.unknown)
    assert all(each.unknown for each in found)


def test_a_line_has_no_negative_slope_and_meets_its_points() -> None:
    rows = [(float(x), float(x * x), 1.0) for x in (1, 2, 5, 20, 50, 90)]
    line = fit(rows, [int(3 * x + 7) for x, _, _ in rows])
    assert line == pytest.approx([3.0, 0.0, 7.0], abs=1e-3)
    assert min(fit(rows, [int(500 - 4 * x) for x, _, _ in rows])) >= 0
