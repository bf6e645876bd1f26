"""The module nn as a user of the REPL sees it."""

from pathlib import Path

import numpy as np
import pytest

from runicd.model.write_tflite import Graph
from tests.board import Finished, run_ok, run_script
from tests.host.model_samples import int8_network

SCALE, ZERO_POINT = 0.5, 3


def doubling() -> bytes:
    """A float32 model of one op: y = 2 x."""
    graph = Graph("double")
    x = graph.input("x", "f32", (1, 3))
    w = graph.constant("w", 2 * np.eye(3, dtype="f4"))
    graph.output(graph.op("FULLY_CONNECTED", [x, w]))
    return graph.to_bytes()


def two_by_two() -> bytes:
    """Two inputs, two outputs, of different types and shapes."""
    graph = Graph("pair")
    x = graph.input("first", "i8", (1, 2, 3), SCALE, ZERO_POINT)
    y = graph.input("second", "f32", (4,))
    graph.output(graph.op("DEQUANTIZE", [x]), graph.op("QUANTIZE", [y], 0.25, 1, element="i8"))
    return graph.to_bytes()


PREFACE = """
import nn, sys, gc
with open(sys.argv[1], "rb") as file:
    data = file.read()
def error_of(call):
    try:
        call()
    except Exception as error:
        return "%s: %s" % (type(error).__name__, error)
    return "none"
"""


@pytest.fixture
def doubling_file(tmp_path: Path) -> Path:
    path = tmp_path / "double.tflite"
    path.write_bytes(doubling())
    return path


def board(script: str, path: Path, heap: str = "256k") -> str:
    return run_ok(PREFACE + script, path, heap=heap).strip()


def test_invoke_computes(doubling_file: Path) -> None:
    script = """
model = nn.Model(data)
x, y = model.input(0), model.output(0)
x[0], x[1], x[2] = 1.5, -2, 0.25
assert model.invoke() is None
print(list(y), type(x).__name__, len(x))
"""
    assert board(script, doubling_file) == "[3.0, -4.0, 0.5] memoryview 3"


def test_tensors_are_described(tmp_path: Path) -> None:
    path = tmp_path / "pair.tflite"
    path.write_bytes(two_by_two())
    script = """
model = nn.Model(data)
for tensor in model.inputs + model.outputs:
    print(tensor.name, tensor.shape, tensor.dtype, tensor.scale, tensor.zero_point)
print(len(model.inputs), len(model.outputs), [len(model.input(i)) for i in range(2)])
model.input(0)[0] = -128
model.input(1)[3] = -1.0
model.invoke()
print(model.output(0)[0], model.output(1)[3])
"""
    assert board(script, path).splitlines() == [
        "first (1, 2, 3) int8 0.5 3",
        "second (4,) float32 0.0 0",
        "dequantize_0 (1, 2, 3) float32 0.0 0",
        "quantize_1 (4,) int8 0.25 1",
        "2 2 [6, 4]",
        f"{(-128 - ZERO_POINT) * SCALE} -3",
    ]


def test_quantize_to_uint8(tmp_path: Path) -> None:
    # The reference has no such kernel: halves go away from zero, all else saturates, NaN is low.
    graph = Graph("to_u8")
    x = graph.input("x", "f32", (1, 8))
    graph.output(graph.op("QUANTIZE", [x], SCALE, 128, element="u8"))
    path = tmp_path / "to_u8.tflite"
    path.write_bytes(graph.to_bytes())
    script = """
model = nn.Model(data)
x = model.input(0)
inf = float("inf")
for i, value in enumerate((0.0, 0.25, -0.25, 1e30, -1e30, inf, -inf, inf - inf)):
    x[i] = value
model.invoke()
print(list(model.output(0)))
"""
    assert board(script, path) == "[128, 129, 127, 255, 0, 255, 0, 0]"


def test_sizes(doubling_file: Path) -> None:
    script = """
model = nn.Model(data)
print(model.arena_bytes, nn.arena_size(data), model.table_bytes > 0, repr(model))
"""
    assert board(script, doubling_file) == "32 32 True <nn.Model ops=1 arena_bytes=32>"


def test_weights_may_be_packed(doubling_file: Path) -> None:
    script = """
for pack in (False, True):
    model = nn.Model(data, pack=pack)
    model.input(0)[1] = 4.0
    model.invoke()
    print(model.packed_bytes, model.output(0)[1])
    model.close()
try:
    nn.Model(data, None, True)
except TypeError as error:
    print(error)
"""
    # Kernels of this machine gain nothing by it.
    said = "extra positional arguments given"
    assert board(script, doubling_file).splitlines() == ["0 8.0", "0 8.0", said]


def test_rounding_is_named(doubling_file: Path) -> None:
    assert board("print(nn.rounding)", doubling_file) == "tflm-double"


def test_arena_of_ones_own(doubling_file: Path) -> None:
    script = """
arena = bytearray(64)
model = nn.Model(data, arena)
model.input(0)[1] = 4.0
model.invoke()
print(any(arena[:32]), any(arena[32:]), model.output(0)[1])
second = nn.Model(data, arena=memoryview(arena)[32:])
second.input(0)[1] = 1.0
second.invoke()
print(any(arena[32:]), model.output(0)[1], second.output(0)[1])
"""
    assert board(script, doubling_file).splitlines() == ["True False 8.0", "True 8.0 2.0"]


def test_bad_arena(doubling_file: Path) -> None:
    script = """
print(error_of(lambda: nn.Model(data, bytearray(31))))
print(error_of(lambda: nn.Model(data, bytes(64))))
print(error_of(lambda: nn.Model(data, 64)))
print(error_of(lambda: nn.Model(data, memoryview(bytearray(64))[1:])))
"""
    assert board(script, doubling_file).splitlines() == [
        "ModelError: arena is too small: 32 bytes needed, 31 given",
        "TypeError: object with buffer protocol required",
        "TypeError: object with buffer protocol required",
        "ModelError: arena does not start at a multiple of 4 bytes in memory",
    ]


def test_model_used_where_it_lies(doubling_file: Path) -> None:
    # A change to the weights in the caller's buffer is a change to the model.
    script = """
buffer = bytearray(data)
at = buffer.find(b"\\x00\\x00\\x00\\x40")
model = nn.Model(buffer)
model.input(0)[0] = 1.0
model.invoke()
before = model.output(0)[0]
buffer[at:at + 4] = b"\\x00\\x00\\x80\\x40"
model.invoke()
print(before, model.output(0)[0])
"""
    assert board(script, doubling_file) == "2.0 4.0"


def test_model_at_an_offset(doubling_file: Path) -> None:
    # As inside a Rune: aligned to 4 bytes it works in place, otherwise it is refused.
    script = """
for shift in range(8):
    buffer = memoryview(bytes(shift) + data)[shift:]
    print(shift, error_of(lambda: nn.Model(buffer).invoke()))
"""
    lines = board(script, doubling_file).splitlines()
    refused = "ModelError: model does not start at a multiple of 4 bytes in memory"
    assert lines == [f"{shift} {'none' if shift % 4 == 0 else refused}" for shift in range(8)]


def test_views_outlive_the_model(doubling_file: Path) -> None:
    script = """
view = nn.Model(data).output(0)
model = nn.Model(data)
late = model.input(0)
view[0] = 7.0
late[2] = 9.0
del model
for _ in range(50):
    gc.collect()
    junk = [bytearray(b"\\xff" * 32) for _ in range(20)]
print(view[0], late[2])
"""
    assert board(script, doubling_file) == "7.0 9.0"


def test_model_keeps_its_file(doubling_file: Path) -> None:
    script = """
model = nn.Model(bytes(data))
for _ in range(50):
    gc.collect()
    junk = [bytearray(b"\\xff" * 512) for _ in range(20)]
model.input(0)[0] = 3.0
model.invoke()
print(model.output(0)[0])
"""
    assert board(script, doubling_file) == "6.0"


def test_invoke_allocates_nothing(doubling_file: Path) -> None:
    script = """
import micropython
model = nn.Model(data)
model.profile(True)
def run(count):
    for _ in range(count):
        model.invoke()
micropython.heap_lock()
run(10)
micropython.heap_unlock()
print(model.profile()[0][1])
"""
    assert board(script, doubling_file) == "10"


def test_many_models_leave_nothing_behind(doubling_file: Path) -> None:
    script = """
for _ in range(2000):
    nn.Model(data).invoke()
gc.collect()
before = gc.mem_free()
for _ in range(2000):
    nn.Model(data).invoke()
gc.collect()
print(before - gc.mem_free())
"""
    assert abs(int(board(script, doubling_file))) < 512


def test_profile(tmp_path: Path) -> None:
    path = tmp_path / "network.tflite"
    path.write_bytes(int8_network())
    script = """
model = nn.Model(data)
model.invoke()
print([tuple(op) for op in model.profile()])
model.profile(True)
for _ in range(2000):
    model.invoke()
times = model.profile(False)
model.invoke()
print([name for name, _, _ in times], {calls for _, calls, _ in times}, model.profile() == times)
print(sum(us for _, _, us in times) > 100, model.profile(True) == times, model.profile()[0][1:])
"""
    names = ["CONV_2D", "MEAN", "FULLY_CONNECTED", "SOFTMAX"]
    assert board(script, path).splitlines() == [
        str([(name, 0, 0) for name in names]),
        f"{names} {{2000}} True",
        "True True (0, 0)",
    ]


def test_wrong_use(doubling_file: Path) -> None:
    script = """
model = nn.Model(data)
print(error_of(lambda: model.input(1)))
print(error_of(lambda: model.output(-1)))
print(error_of(lambda: nn.Model()))
print(error_of(lambda: nn.Model("text")))
print(error_of(lambda: nn.arena_size(None)))
print(error_of(lambda: setattr(model, "inputs", 1)))
print(error_of(lambda: model.nothing))
"""
    errors = [line.split(": ")[0] for line in board(script, doubling_file).splitlines()]
    index, buffer = ["IndexError"] * 2, ["ModelError", "TypeError"]
    assert errors == [*index, "TypeError", *buffer, "AttributeError", "AttributeError"]


def test_too_little_heap_is_a_memory_error(tmp_path: Path) -> None:
    graph = Graph("large")
    x = graph.input("x", "f32", (1, 100_000))
    graph.output(x, graph.op("RELU", [x]))
    path = tmp_path / "large.tflite"
    path.write_bytes(graph.to_bytes())
    finished: Finished = run_script(PREFACE + "print(error_of(lambda: nn.Model(data)))", path)
    assert finished.status == 0
    assert finished.output.startswith("MemoryError: memory allocation failed")
    assert board("print(nn.arena_size(data))", path) == "800000"
