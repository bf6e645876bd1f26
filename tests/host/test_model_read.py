"""Reading `.tflite` files: what is in them, and that no broken one does more than be refused."""

from __future__ import annotations

import random
import struct
import subprocess
import sys

import numpy as np
import pytest
import tflite

from runicd.errors import ModelError
from runicd.model.facts import model_facts
from runicd.model.read_tflite import read_tflite
from runicd.model.write_tflite import Graph
from tests.host.model_samples import float_network, int8_network


@pytest.fixture(scope="module", params=[float_network, int8_network])
def model_bytes(request: pytest.FixtureRequest) -> bytes:
    return bytes(request.param())


def test_tensors_and_ops() -> None:
    model = read_tflite(int8_network())
    assert [op.name for op in model.ops] == [
        "CONV_2D",
        "MEAN",
        "FULLY_CONNECTED",
        "SOFTMAX",
    ]
    weights = model.tensors[model.ops[0].inputs[1]]
    assert weights.shape == (3, 3, 3, 1)
    assert weights.scales == pytest.approx((0.01, 0.02, 0.03))
    assert weights.zero_points == (0, 0, 0)
    assert weights.is_constant
    image = model.tensors[model.inputs[0]]
    assert (image.element, image.zero_point, image.is_constant) == ("i8", -3, False)
    assert image.scale == pytest.approx(0.02)
    assert model.ops[0].options["padding"] == 1
    assert model.ops[1].options["keep_dims"] == 1
    assert model.tensors[model.outputs[0]].scale == 1 / 256


def test_agrees_with_the_public_reader(model_bytes: bytes) -> None:
    ours, theirs = (
        read_tflite(model_bytes),
        tflite.Model.GetRootAs(model_bytes).Subgraphs(0),
    )
    assert len(ours.tensors) == theirs.TensorsLength()
    for index, tensor in enumerate(ours.tensors):
        other = theirs.Tensors(index)
        assert tensor.name.encode() == other.Name()
        assert list(tensor.shape) == list(other.ShapeAsNumpy())
    assert list(ours.inputs) == list(theirs.InputsAsNumpy())
    for index, op in enumerate(ours.ops):
        assert list(op.inputs) == list(theirs.Operators(index).InputsAsNumpy())


def test_facts() -> None:
    facts = model_facts(read_tflite(float_network()))
    assert facts.ops == (
        "ADD:float32",
        "CONV_2D:float32",
        "DEPTHWISE_CONV_2D:float32",
        "FULLY_CONNECTED:float32",
        "MAX_POOL_2D:float32",
        "RESHAPE:float32",
        "SOFTMAX:float32",
    )
    assert facts.macs == 36 * 4 * 18 + 36 * 4 * 9 + 36 * 3
    assert facts.parameters == 72 + 4 + 36 + 4 + 108


def test_truncated_at_every_length(model_bytes: bytes) -> None:
    read_tflite(model_bytes)
    for length in range(len(model_bytes)):
        # What is cut off may be no more than the last bytes' padding.
        try:
            model = read_tflite(model_bytes[:length])
        except ModelError:
            continue
        pytest.fail(f"{length} of {len(model_bytes)} bytes gave {model}")


def test_garbled_files_are_refused_or_read(model_bytes: bytes) -> None:
    chance, refused = random.Random(3), 0
    for _ in range(3000):
        garbled = bytearray(model_bytes)
        for _ in range(chance.choice((1, 1, 4, 16))):
            garbled[chance.randrange(len(garbled))] = chance.choice((0, 1, 127, 128, 255))
        try:
            model_facts(read_tflite(bytes(garbled)))
        except ModelError as error:
            assert str(error)
            refused += 1
    assert refused > 300


@pytest.mark.parametrize("data", [b"", b"TFL3", b"\0" * 64, b"\x08\0\0\0TFL3" + b"\xff" * 100])
def test_not_a_model(data: bytes) -> None:
    with pytest.raises(ModelError):
        read_tflite(data)


def test_overlapping_tables_cannot_multiply_the_work() -> None:
    model = bytearray(float_network())
    # Point every entry of the longest vector of tables at the same table, far more often than
    # the file is long: the list of buffers becomes the whole file.
    root = struct.unpack_from("<I", model)[0]
    vtable = root - struct.unpack_from("<i", model, root)[0]
    buffers_field = root + struct.unpack_from("<H", model, vtable + 4 + 2 * 4)[0]
    vector = buffers_field + struct.unpack_from("<I", model, buffers_field)[0]
    table = vector + 4 + struct.unpack_from("<I", model, vector + 4)[0]
    base = len(model)
    count = 20000
    entries = [table - (base + 4 + 4 * index) & 0xFFFFFFFF for index in range(count)]
    model += struct.pack("<I", count) + struct.pack(f"<{count}I", *entries)
    struct.pack_into("<I", model, buffers_field, base - buffers_field)
    with pytest.raises(ModelError):
        read_tflite(bytes(model))


def test_reading_needs_no_heavy_import() -> None:
    code = (
        "import sys, runicd.model.facts, runicd.model.read_tflite\n"
        "print([m for m in ('numpy', 'flatbuffers', 'tflite') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def network(*ops: tuple[str, list[int]], outputs: list[int]) -> bytes:
    """A file whose ops read tensors by number; tensor 0 is the input, 1 a constant."""
    graph = Graph()
    graph.input("x", "f32", (1, 4))
    graph.constant("c", np.zeros((1, 4), "f4"))
    for index in range(4):
        graph.tensor(f"later {index}", "f32", (1, 4))
    for name, inputs in ops:
        graph.op(name, inputs, shape=(1, 4))
    graph.output(*outputs)
    return graph.to_bytes()


@pytest.mark.parametrize(
    ("ops", "outputs", "message"),
    [
        ([("RELU", [3])], [0], r'op 0 \(RELU\) reads tensor 3 "later 1" before'),
        ([], [1], "written by no op"),
        ([], [2], "written by no op"),
        ([], [99], "the list of outputs names tensor 99"),
        ([("ADD", [0, 1]), ("RELU", [5])], [6], r"op 1 \(RELU\) reads tensor 5"),
    ],
)
def test_networks_that_could_not_run(
    ops: list[tuple[str, list[int]]], outputs: list[int], message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        read_tflite(network(*ops, outputs=outputs))


def test_an_input_may_be_an_output() -> None:
    assert read_tflite(network(outputs=[0])).outputs == (0,)


def test_a_kernel_is_named_by_its_first_input() -> None:
    facts = model_facts(read_tflite(network(("QUANTIZE", [0]), outputs=[6])))
    assert facts.ops == ("QUANTIZE:float32",)
