"""The package nn_tools: what it makes of files, scores and models."""

from pathlib import Path

import pytest
from mpremote.romfs import VfsRomWriter

from runicd.model.write_tflite import Graph
from tests.board import ROOT, run_ok
from tests.host.model_samples import int8_network

FOLDER = ROOT / "packages" / "nn_tools"
PREFACE = """
import nn, nn_tools, os, sys, vfs
def error_of(call):
    try:
        call()
    except Exception as error:
        return "%s: %s" % (type(error).__name__, error)
    return "none"
"""


def board(script: str, *paths: Path) -> list[str]:
    return run_ok(PREFACE + script, *paths, source_paths=(FOLDER,), heap="1m").splitlines()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.tflite"
    path.write_bytes(int8_network())
    return path


def test_a_model_from_a_file(model: Path) -> None:
    script = """
model = nn_tools.load(sys.argv[1])
print(model, nn_tools.load(sys.argv[1], bytearray(model.arena_bytes)).arena_bytes)
print(error_of(lambda: nn_tools.load(sys.argv[1], copy=False)))
print(error_of(lambda: nn_tools.load("nowhere")))
print(error_of(lambda: nn_tools.load(sys.argv[1], bytearray(8))))
"""
    made, in_place, nowhere, small = board(script, model)
    assert made.startswith("<nn.Model ops=4 arena_bytes=")
    assert in_place == f"ModelError: {model} is not in ROMFS"
    assert nowhere == "OSError: [Errno 2] ENOENT"
    assert small.startswith("ModelError: arena is too small")


def test_a_model_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(b"a text, and nothing else")
    (said,) = board("print(error_of(lambda: nn_tools.load(sys.argv[1])))", path)
    assert said == "ModelError: not a .tflite file: no TFL3 at byte 4"


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A ROMFS with a model at each of the four alignments, and a file that is none."""
    writer = VfsRomWriter()
    for number in range(4):
        writer.mkfile(f"{'m' * (number + 1)}.tflite", int8_network())
    writer.mkfile("text", b"a text, and nothing else")
    path = tmp_path / "image"
    path.write_bytes(writer.finalise())
    return path


ROMFS = """
import uctypes
with open(sys.argv[1], "rb") as file:
    image = file.read()
vfs.mount(vfs.VfsRom(image), "/rom")
def place_of(name):
    with open("/rom/" + name, "rb") as file:
        return uctypes.addressof(memoryview(file))
names = [name for name, *_ in os.ilistdir("/rom") if name != "text"]
aligned = [name for name in names if place_of(name) % 4 == 0]
others = [name for name in names if name not in aligned]
"""


def test_a_model_in_romfs_is_used_in_place(image: Path) -> None:
    script = """
import gc
print(len(aligned) > 0, len(others) > 0)
def cost(**options):
    gc.collect()
    before = gc.mem_alloc()
    model = nn_tools.load("/rom/" + name, **options)
    gc.collect()
    return gc.mem_alloc() - before - model.arena_bytes - model.table_bytes
for name in aligned:
    bytes = os.stat("/rom/" + name)[6]
    print(cost() < 600, cost(copy=False) < 600, cost(copy=True) >= bytes, bytes > 1000)
for name in others:
    print(cost() >= bytes, error_of(lambda: nn_tools.load("/rom/" + name, copy=False)))
print(error_of(lambda: nn_tools.load("/rom/text")))
"""
    first, *lines, last = board(ROMFS + script, image)
    assert first == "True True"
    refused = "ModelError: model does not start at a multiple of 4 bytes in memory"
    assert set(lines) == {"True True True True", f"True {refused}"}
    assert last == "ModelError: not a .tflite file: no TFL3 at byte 4"


def test_labels(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_text("yes\r\n\n  no \nsüß", encoding="utf-8")
    assert board("print(*nn_tools.labels(sys.argv[1]), sep=';')", path) == ["yes;no;süß"]


def test_top() -> None:
    script = """
from array import array
print(nn_tools.top([0.5, 2, -1, 2]))
print(nn_tools.top(array("b", [5, -7, 9]), 1, ("a", "b", "c")))
print(nn_tools.top(memoryview(array("b", [-128, 127])), 9, ["a", "b"]))
print(nn_tools.top([]), nn_tools.top([1, 2], 0))
print(error_of(lambda: nn_tools.top([1, 2], labels=["a"])))
"""
    assert board(script) == [
        "[(1, 2), (3, 2), (0, 0.5)]",
        "[('c', 9)]",
        "[('b', 127), ('a', -128)]",
        "[] []",
        "ValueError: 1 labels for 2 values",
    ]


def test_summary(tmp_path: Path) -> None:
    graph = Graph("pair")
    x = graph.input("first", "i8", (1, 2, 3), 0.5, 3)
    y = graph.input("second", "f32", (4,))
    graph.output(graph.op("DEQUANTIZE", [x]), graph.op("RELU", [y]))
    path = tmp_path / "pair.tflite"
    path.write_bytes(graph.to_bytes())
    script = """
model = nn_tools.load(sys.argv[1])
nn_tools.summary(model)
print(model.arena_bytes + model.table_bytes, model.arena_bytes, model.table_bytes)
"""
    *lines, memory = board(script, path)
    assert lines == [
        "input  0  first int8 (1, 2, 3)  scale 0.5, zero point 3",
        "input  1  second float32 (4,)",
        "output 0  dequantize_0 float32 (1, 2, 3)",
        "output 1  relu_1 float32 (4,)",
        "ops      2: 1 DEQUANTIZE, 1 RELU",
        "RAM      {} bytes: arena {}, tables {}".format(*memory.split()),
    ]


def test_benchmark(model: Path) -> None:
    script = """
model = nn_tools.load(sys.argv[1])
mean_us = nn_tools.benchmark(model, 200)
times = model.profile()
print(mean_us == sum(op.total_us for op in times) / 200, {op.calls for op in times})
model.invoke()
print(model.profile() == times, error_of(lambda: nn_tools.benchmark(model, 0)))
"""
    *table, first, second = board(script, model)
    assert table[0].split()[:2] == ["op", "name"]
    assert table[-1].split()[:2] == ["all", "200"]
    assert first == "True {200}"
    assert second == "True ValueError: calls must be at least 1"
