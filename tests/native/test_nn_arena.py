"""The host's model facts against the firmware's `nn`: the same arena, kernels and tensors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from runicd.model.arena import plan_arena
from runicd.model.facts import model_facts
from runicd.model.read_tflite import read_tflite
from runicd.model.write_tflite import Graph
from tests.board import ROOT, run_script
from tests.host.model_samples import float_network, int8_network

MODELS = sorted((ROOT / "runes").glob("*/*.tflite"))
MLPERF_TINY = sorted((ROOT.parent / "shared" / "models" / "mlperf_tiny").glob("*.tflite"))

SCRIPT = """
import json, nn, sys
found = []
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        data = file.read()
    model = nn.Model(data)
    tensors = [
        (list(t.shape), t.dtype, t.scale, t.zero_point)
        for t in tuple(model.inputs) + tuple(model.outputs)
    ]
    found.append((nn.arena_size(data), model.arena_bytes, tensors))
    del model, data
print(json.dumps(found))
print(json.dumps(nn.ops()))
"""


def ask_board(paths: list[Path]) -> tuple[list[list[object]], list[str]]:
    done = run_script(SCRIPT, *paths, heap="4m")
    assert done.status == 0, done.errors + done.output
    found, ops = done.output.splitlines()
    return json.loads(found), json.loads(ops)


def branching_network(seed: int) -> bytes:
    """A random network of additions, some of whose results live long."""
    chance = np.random.default_rng(seed)
    graph = Graph()
    values = [graph.input("x", "f32", (1, int(chance.integers(1, 40))))]
    for _ in range(12):
        one, other = (values[int(chance.integers(len(values)))] for _ in range(2))
        if chance.random() < 0.5:
            values.append(graph.op("CONCATENATION", [one, other], axis=1))
        else:
            values.append(graph.op("RELU", [one]))
    graph.output(values[-1], values[4])
    return graph.to_bytes()


def write_all(folder: Path) -> list[Path]:
    written = {"float": float_network(), "int8": int8_network()}
    written |= {f"branches_{seed}": branching_network(seed) for seed in range(30)}
    for name, data in written.items():
        (folder / f"{name}.tflite").write_bytes(data)
    return sorted(folder.glob("*.tflite"))


def test_arena_and_tensors_are_the_boards(tmp_path: Path) -> None:
    paths = [*MODELS, *write_all(tmp_path)]
    found, _ = ask_board(paths)
    for path, (arena_size, arena_bytes, tensors) in zip(paths, found, strict=True):
        model = read_tflite(path.read_bytes())
        assert arena_size == arena_bytes == plan_arena(model).arena_bytes, path.name
        ours = [model.tensors[index] for index in (*model.inputs, *model.outputs)]
        for tensor, (shape, _, scale, zero_point) in zip(ours, tensors, strict=True):
            assert shape == list(tensor.shape)
            assert scale == pytest.approx(tensor.scale, rel=1e-6)
            assert zero_point == tensor.zero_point


@pytest.mark.skipif(not MLPERF_TINY, reason="the MLPerf Tiny networks are not here")
def test_arena_of_the_mlperf_tiny_networks() -> None:
    found, _ = ask_board(MLPERF_TINY)
    for path, (arena_size, _, _) in zip(MLPERF_TINY, found, strict=True):
        assert arena_size == plan_arena(read_tflite(path.read_bytes())).arena_bytes, path.name


def test_every_rune_uses_kernels_that_the_board_has() -> None:
    _, ops = ask_board([])
    for path in MODELS:
        assert set(model_facts(read_tflite(path.read_bytes())).ops) <= set(ops), path.name
