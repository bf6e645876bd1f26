"""Whole networks on every core, op by op and end to end: equal to TensorFlow Lite Micro.

Few inputs here; `make check-kernels INPUTS=100` takes as many as you like.
"""

import os
from collections.abc import Sequence

import numpy as np
import pytest

from bench.kernel_runs import CORES, run
from bench.kernels import networks
from runicd.model.cut import with_output
from runicd.model.oracles import random_inputs, tflite_micro
from runicd.model.read_tflite import read_tflite
from runicd.model.reference.tensors import Array

pytestmark = pytest.mark.own_programs

INPUTS = int(os.environ.get("RUNIC_KERNEL_INPUTS", "2"))
# Op by op takes as many calls as there are ops: many only where a call is quick, and few or none
# where each is emulated.
CALLS_OF_EACH_OP = {"x86": INPUTS, "x86-asan": 1}
EMULATED_CALLS_OF_EACH_OP = 2 if INPUTS >= 10 else 0
NETWORKS = networks()


def _bytes(calls: Sequence[Sequence[Array]]) -> bytes:
    return b"".join(values.tobytes() for call in calls for values in call)


def _differing(output: bytes, wanted: Sequence[Array]) -> int:
    right = np.concatenate([values.ravel() for values in wanted])
    found = np.frombuffer(output, right.dtype)
    assert found.size == right.size
    return int((found != right).sum())


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("name", NETWORKS)
def test_every_op_and_the_end_equal_tensorflow_lite_micro(name: str, core: str) -> None:
    data = NETWORKS[name].read_bytes()
    model = read_tflite(data)
    chance = np.random.default_rng(11)
    calls = [random_inputs(model, chance) for _ in range(INPUTS)]
    values = [tflite_micro(data, call) for call in calls]
    few = CALLS_OF_EACH_OP.get(core, EMULATED_CALLS_OF_EACH_OP)
    made = [index for op in model.ops for index in op.outputs if few]
    jobs = [(data, _bytes(calls))]
    jobs += [(with_output(data, index), _bytes(calls[:few])) for index in made]
    whole, *each = run(core, jobs)
    (end,) = model.outputs
    assert _differing(whole, [wanted[end] for wanted in values]) == 0
    for number, (index, output) in enumerate(zip(made, each, strict=True)):
        wrong = _differing(output, [wanted[index] for wanted in values[:few]])
        assert wrong == 0, f"op {number} {model.ops[number].name}: {wrong} differ"
