"""Whole networks on the board: equal to TensorFlow Lite Micro, arena as planned on the host."""

from pathlib import Path

import numpy as np
import pytest
import tflite

from runicd.model.arena import plan_arena
from runicd.model.facts import model_facts
from runicd.model.read_tflite import read_tflite
from tests.board import ROOT, run_ok
from tests.host.model_samples import float_network, int8_network
from tests.native.nn_batch import Case, compare

INPUTS_EACH = 4
HEAP = "4m"

# The official networks of MLPerf Tiny, where somebody has put them beside the repository.
SHARED = sorted((ROOT.parent / "shared/models/mlperf_tiny").glob("*.tflite"))
OWN = sorted((ROOT / "runes").glob("*/*.tflite"))
SAMPLES = {"int8_network": int8_network(), "float_network": float_network()}
NETWORKS = {**SAMPLES, **{str(path.relative_to(path.parents[1])): path for path in OWN + SHARED}}

ARENA_SCRIPT = """
import nn, sys
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        data = file.read()
    model = nn.Model(data)
    assert model.arena_bytes == nn.arena_size(data)
    print(model.arena_bytes, nn.arena_size(data))
"""


def network_bytes(name: str) -> bytes:
    network = NETWORKS[name]
    return network if isinstance(network, bytes) else network.read_bytes()


def random_inputs(model: bytes, chance: np.random.Generator) -> tuple[np.ndarray, ...]:
    """A value for every input: noise, smooth in half of the cases, as sensors' data are."""
    parsed = read_tflite(model)
    values = []
    for index in parsed.inputs:
        tensor = parsed.tensors[index]
        noise = chance.normal(size=tensor.elements)
        if chance.integers(2):
            noise = np.convolve(noise, np.ones(9) / 3)[: tensor.elements]
        if tensor.element == "f32":
            values.append(noise.astype("f4").reshape(tensor.shape))
        else:
            values.append(np.clip(noise * 60, -128, 127).astype("i1").reshape(tensor.shape))
    return tuple(values)


@pytest.mark.parametrize("name", NETWORKS)
def test_network_equals_reference(name: str, tmp_path: Path) -> None:
    chance = np.random.default_rng(7)
    model = network_bytes(name)
    outputs = len(read_tflite(model).outputs)
    cases = [
        Case(f"{name} input {number}", model, random_inputs(model, chance), outputs)
        for number in range(INPUTS_EACH)
    ]
    assert compare(cases, tmp_path, HEAP) >= INPUTS_EACH


@pytest.mark.parametrize("name", NETWORKS)
def test_arena_is_the_one_planned_on_the_host(name: str, tmp_path: Path) -> None:
    model = network_bytes(name)
    (tmp_path / "model.tflite").write_bytes(model)
    printed = run_ok(ARENA_SCRIPT, tmp_path / "model.tflite", heap=HEAP)
    expected = plan_arena(read_tflite(model)).arena_bytes
    assert printed.split() == [str(expected)] * 2


@pytest.mark.skipif(not SHARED, reason="the MLPerf Tiny networks are not beside the repository")
def test_mlperf_tiny_is_complete() -> None:
    assert len(SHARED) == 4


def test_kernels_named_as_the_host_names_them() -> None:
    kernels = run_ok("import nn; print('\\n'.join(nn.ops()))").split()
    assert kernels == sorted(set(kernels))
    for name in NETWORKS:
        assert set(model_facts(read_tflite(network_bytes(name))).ops) <= set(kernels), name


def test_op_names_are_the_schema_s() -> None:
    known = {name for name in dir(tflite.BuiltinOperator) if name.isupper()}
    kernels = run_ok("import nn; print('\\n'.join(nn.ops()))").split()
    assert {kernel.split(":")[0] for kernel in kernels} <= known
