"""Every op alone, on the board and in TensorFlow Lite Micro, over many random models."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.native import (
    nn_cases,
    nn_cases_4,
    nn_cases_16,
    nn_cases_elementwise,
    nn_cases_functions,
    nn_cases_matrices,
    nn_cases_recurrent,
    nn_cases_shapes,
)
from tests.native.nn_batch import Case, compare

Generator = Callable[[np.random.Generator, str], Case]

# More are for a search by hand: 1500 each take some minutes.
CASES_EACH = int(os.environ.get("RUNIC_NN_CASES", "120"))
BOTH_TYPES: tuple[Generator, ...] = (
    nn_cases.conv,
    nn_cases.conv_deep,
    nn_cases.depthwise,
    nn_cases.fully_connected,
    nn_cases.computed_weights,
    nn_cases.max_pool,
    nn_cases.average_pool,
    nn_cases_elementwise.add,
    nn_cases_elementwise.mul,
    nn_cases_elementwise.sub,
    nn_cases_elementwise.relu,
    nn_cases_elementwise.relu6,
    nn_cases_elementwise.logistic,
    nn_cases_elementwise.tanh,
    nn_cases_elementwise.softmax,
    nn_cases_elementwise.quantize,
    nn_cases_elementwise.pad,
    nn_cases_elementwise.concatenation,
    nn_cases_elementwise.mean,
    nn_cases_elementwise.reshape,
)
PAIRS = [
    *((generator, element) for generator in BOTH_TYPES for element in ("i8", "f32")),
    (nn_cases_elementwise.dequantize, "i8"),
    (nn_cases_elementwise.dequantize, "u8"),
    *nn_cases_functions.GENERATED,
    *nn_cases_shapes.GENERATED,
    *nn_cases_matrices.GENERATED,
    *nn_cases_recurrent.GENERATED,
    *nn_cases_16.GENERATED,
    *nn_cases_4.GENERATED,
]


@pytest.mark.parametrize(
    ("generator", "element"),
    PAIRS,
    ids=[f"{generator.__name__}-{element}" for generator, element in PAIRS],
)
def test_op_equals_reference(generator: Generator, element: str, tmp_path: Path) -> None:
    chance = np.random.default_rng(2026)
    cases = [generator(chance, element) for _ in range(CASES_EACH)]
    assert compare(cases, tmp_path) >= CASES_EACH
