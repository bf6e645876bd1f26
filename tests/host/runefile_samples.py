"""Models and folders that the tests of Runefiles share."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from runicd.model.write_tflite import Graph
from runicd.runefile.build import build
from runicd.runefile.read_rune import RuneFile, read_rune


def dense_model(
    inputs: tuple[int, ...] = (1, 1), outputs: int = 1, element: str = "f32", weight: float = 2.0
) -> bytes:
    """One fully connected layer, whose weights are all the same."""
    graph = Graph("dense")
    width = inputs[-1]
    if element == "i8":
        x = graph.input("x", "i8", inputs, 0.5, -3)
        weights = graph.constant("w", np.ones((outputs, width), "i1"), [0.25], [0])
        bias = graph.constant("b", np.zeros(outputs, "i4"), [0.125], [0])
        graph.output(graph.op("FULLY_CONNECTED", [x, weights, bias], 0.25, 7))
        return graph.to_bytes()
    x = graph.input("x", "f32", inputs)
    weights = graph.constant("w", np.full((outputs, width), weight, "f4"))
    bias = graph.constant("b", np.zeros(outputs, "f4"))
    graph.output(graph.op("FULLY_CONNECTED", [x, weights, bias]))
    return graph.to_bytes()


def two_headed_model() -> bytes:
    """Two inputs, two outputs: their sum and their product."""
    graph = Graph("heads")
    first, second = graph.input("a", "f32", (1, 4)), graph.input("b", "f32", (1, 4))
    graph.output(graph.op("ADD", [first, second]), graph.op("MUL", [first, second]))
    return graph.to_bytes()


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    """Put files into a folder and return the Runefile among them, which is the first."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder / next(iter(files))


def built(folder: Path, files: dict[str, str | bytes]) -> RuneFile:
    """Build a folder's Runefile under the name "sample" and read the Rune back."""
    return read_rune(build(write(folder, files), name="sample").data)


SINE_G0 = """\
FROM runicos/base
CAPABILITY RAND rand --n 1
PROC_BLOCK hotg-ai/pb-mod mod360 --modulo 360
MODEL ./sine.tflite sine --input [1,1] --output [1,1]
RUN rand mod360 sine
OUT serial
"""
SINE_G1 = """\
FROM runicos/base
CAPABILITY<F32[1,1]> rand RAND --n=1
PROC_BLOCK<F32[1,1],F32[1,1]> mod360 hotg-ai/rune#proc_blocks/modulo --modulo 360
MODEL<F32[1,1],F32[1,1]> sine ./sine.tflite
RUN rand mod360 sine
OUT serial
"""
SINE_G2 = """\
version: 1
image: runicos/base
pipeline:
  rand:
    capability: RAND
    outputs:
      - type: F32
        dimensions: [1, 1]
  mod360:
    proc-block: hotg-ai/rune@0.11.3#proc_blocks/modulo
    inputs: [rand]
    outputs:
      - type: F32
        dimensions: [1, 1]
    args:
      modulo: 360
  sine:
    model: ./sine.tflite
    inputs: [mod360]
    outputs:
      - type: F32
        dimensions: [1, 1]
  serial:
    out: SERIAL
    inputs: [sine]
"""
