"""Loading a .tflite, however it was crafted, takes time and tables in proportion to its size.

Time is counted in blocks of code, so that it is the same on every machine.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

from runicd.model.read_tflite import Op, Tensor
from runicd.model.write_tflite import _write
from tests.board import ROOT
from tests.native.test_nn_bad_models import edited

pytestmark = pytest.mark.own_programs

MODULE = ROOT / "native_modules" / "nn"
COUNTED = ["nn_*.c", "op_*.c"]
KERNELS = ["kernels/*.c", "kernels/*/*.c"]  # no part of loading
FLAGS = ["-std=gnu11", "-O0", "-Wall", "-Wextra", "-Werror"]
MANY = 1500


@dataclass(frozen=True, slots=True)
class Cost:
    """What a load took: blocks of code, bytes of each kind, and how it ended."""

    blocks: int
    table_bytes: int
    prepared_bytes: int
    arena_bytes: int
    ended: str


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("load_cost")
    counted, kernels = (
        [str(path) for pattern in patterns for path in sorted(MODULE.glob(pattern))]
        for patterns in (COUNTED, KERNELS)
    )
    command = ["gcc", *FLAGS, "-fsanitize-coverage=trace-pc", "-c", *counted]
    subprocess.run(command, cwd=folder, check=True)
    main = str(Path(__file__).with_name("nn_load_cost.c"))
    linked = [main, *kernels, *map(str, folder.glob("*.o")), "-lm", "-o", "program"]
    subprocess.run(["gcc", *FLAGS, *linked], cwd=folder, check=True)
    return folder / "program"


def cost_of(program: Path, model: bytes) -> Cost:
    path = program.with_name("model.tflite")
    path.write_bytes(model)
    ended = subprocess.run([program, path], capture_output=True, text=True, check=True, timeout=60)
    *numbers, text = ended.stdout.strip().split(maxsplit=4)
    return Cost(*map(int, numbers), text)


def int8(name: str, shape: tuple[int, ...], data: bytes | None = None) -> Tensor:
    return Tensor(name, "i8", shape, (0.5,), (0,), 0, data, False)


def relus(sources: list[int], targets: list[int]) -> list[Op]:
    return [Op("RELU", (a,), (b,), {}) for a, b in zip(sources, targets, strict=True)]


def all_alive() -> bytes:
    """Many inputs, each of which is read once, late, and many outputs: all live at once."""
    tensors = [int8("x", (1, 17)) for _ in range(2 * MANY)]
    places = list(range(2 * MANY))
    return _write("", tensors, relus(places[:MANY], places[MANY:]), places[:MANY], places[MANY:])


def scratch_among_all() -> bytes:
    """Convolutions, each of which looks for scratch beyond all tensors, since none ever dies."""
    count = MANY // 2
    filter_data = bytes(8 * 3 * 3 * 8)
    filters = Tensor("w", "i8", (8, 3, 3, 8), (0.5,), (0,), 0, filter_data, False)
    tensors = [filters, *(int8("x", (1, 3, 3, 8)) for _ in range(count))]
    tensors += [int8("y", (1, 1, 1, 8)) for _ in range(count)]
    options = {"padding": 1, "activation": 0, "stride_h": 1, "stride_w": 1, "dilation_h": 1,
               "dilation_w": 1}  # fmt: skip
    ins, outs = range(1, count + 1), range(count + 1, 2 * count + 1)
    ops = [Op("CONV_2D", (a, 0), (b,), options) for a, b in zip(ins, outs, strict=True)]
    return _write("", tensors, ops, list(ins), [*ins, *outs])


def chain(name: str) -> bytes:
    """A long chain of one op."""
    tensors = [int8("x", (1, 3)) for _ in range(MANY + 1)]
    options = {"axis": 1, "activation": 0} if name == "CONCATENATION" else {}
    ops = [Op(name, (i,), (i + 1,), options) for i in range(MANY)]
    return _write("", tensors, ops, [0], [MANY])


def channels_without_end() -> bytes:
    """A computed filter of 16 million channels, for which one scale stands."""
    tensors = [int8("x", (1, 1)), int8("w", (1 << 24, 1)), int8("y", (1, 1 << 24))]
    options = {"activation": 0, "keep_num_dims": 0}
    return _write("", tensors, [Op("FULLY_CONNECTED", (0, 1), (2,), options)], [0, 1], [2])


def shared_weights() -> bytes:
    """Many layers with the same large weights and as many scales."""
    data = np.full((300, 300), 7, "i1").tobytes()
    weights = Tensor("w", "i8", (300, 300), (0.5,) * 300, (0,) * 300, 0, data, False)
    tensors = [weights, *(int8("x", (1, 300)) for _ in range(MANY + 1))]
    options = {"activation": 0, "keep_num_dims": 0}
    ops = [Op("FULLY_CONNECTED", (i + 1, 0), (i + 2,), options) for i in range(MANY)]
    return _write("", tensors, ops, [1], [MANY + 1])


def shared_scales() -> bytes:
    """Many tensors that point to one long list of scales."""
    builder = flatbuffers.Builder(1 << 20)
    scales = builder.CreateNumpyVector(np.ones(100_000, "f4"))
    name = builder.CreateString("")
    builder.StartObject(7)
    builder.PrependUOffsetTRelativeSlot(2, scales, 0)
    quantisation = builder.EndObject()
    tensors = []
    for _ in range(MANY):
        builder.StartObject(8)
        builder.PrependInt8Slot(1, 9, 0)
        builder.PrependUOffsetTRelativeSlot(3, name, 0)
        builder.PrependUOffsetTRelativeSlot(4, quantisation, 0)
        tensors.append(builder.EndObject())
    return finished(builder, tensors)


def finished(builder: flatbuffers.Builder, tensors: list[int]) -> bytes:
    """Return a model of these tensors without ops."""
    lists = []
    for members in (tensors, []):
        builder.StartVector(4, len(members), 4)
        for member in reversed(members):
            builder.PrependUOffsetTRelative(member)
        lists.append(builder.EndVector())
    builder.StartObject(5)
    builder.PrependUOffsetTRelativeSlot(0, lists[0], 0)
    graph = builder.EndObject()
    builder.StartVector(4, 1, 4)
    builder.PrependUOffsetTRelative(graph)
    graphs = builder.EndVector()
    builder.StartObject(5)
    builder.PrependInt32Slot(0, 3, 0)
    builder.PrependUOffsetTRelativeSlot(2, graphs, 0)
    builder.PrependUOffsetTRelativeSlot(4, lists[1], 0)
    builder.Finish(builder.EndObject(), file_identifier=b"TFL3")
    return bytes(builder.Output())


def shared_lists() -> bytes:
    """Many ops with thousands of inputs each, as one shared list could make them."""

    def edit(tree: object) -> None:
        op = tree.subgraphs[0].operators[0]  # type: ignore[attr-defined]
        op.inputs = [0] * 4000
        tree.subgraphs[0].operators = [op] * 100  # type: ignore[attr-defined]

    return edited(edit)


CRAFTED = {
    "all_alive": (all_alive, "loaded"),
    "scratch_among_all": (scratch_among_all, "loaded"),
    "reshapes": (lambda: chain("RESHAPE"), "loaded"),
    "concatenations": (lambda: chain("CONCATENATION"), "loaded"),
    "additions": (lambda: chain("RELU"), "loaded"),
    "channels_without_end": (channels_without_end, "loaded"),
    "shared_weights": (shared_weights, "loaded"),
    "shared_scales": (shared_scales, "tensors share too many scales"),
    "shared_lists": (shared_lists, "ops refer to more than 16384 tensors"),
}


@pytest.mark.parametrize("name", CRAFTED)
def test_what_a_load_takes_is_bounded(name: str, program: Path) -> None:
    made, ended = CRAFTED[name]
    model = made()
    cost = cost_of(program, model)
    assert cost.ended == ended
    # Finding places compares each tensor with each other one, in small models a few times over.
    tensors = schema.Model.GetRootAsModel(model, 0).Subgraphs(0).TensorsLength()
    assert cost.blocks <= 40 * (len(model) + tensors * tensors + (1 << 22))
    assert cost.table_bytes <= 40 * len(model) + (1 << 17)
    # A computed filter's scales are as many as a layer's outputs, which the arena holds.
    assert cost.prepared_bytes <= 40 * len(model) + 8 * cost.arena_bytes


def test_real_models_take_little(program: Path) -> None:
    for path in sorted((ROOT / "runes").glob("*/*.tflite")):
        model = path.read_bytes()
        cost = cost_of(program, model)
        assert cost.ended == "loaded"
        assert cost.blocks < 40 * len(model)
        assert cost.table_bytes + cost.prepared_bytes < 4 * len(model)
