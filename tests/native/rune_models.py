"""Small `.tflite` models for the tests of `rune`, with what they must compute."""

from pathlib import Path

import numpy as np

from runicd.model.write_tflite import Graph


def write_doubler(folder: Path, count: int = 4) -> Path:
    """Write a float32 model of one ADD that doubles `count` values."""
    graph = Graph("doubler")
    x = graph.input("x", "f32", (1, count))
    graph.output(graph.op("ADD", [x, x]))
    return write(folder, "doubler", graph)


def write_two_by_two(folder: Path) -> Path:
    """Write a float32 model with inputs a, b and outputs a + b, a * b."""
    graph = Graph("two")
    a, b = graph.input("a", "f32", (1, 2)), graph.input("b", "f32", (1, 2))
    graph.output(graph.op("ADD", [a, b]))
    graph.output(graph.op("MUL", [a, b]))
    return write(folder, "two", graph)


def write(folder: Path, name: str, graph: Graph) -> Path:
    path = folder / f"{name}.tflite"
    path.write_bytes(graph.to_bytes())
    return path


def f32(*values: float) -> bytes:
    """Little endian float32 bytes."""
    return np.array(values, "<f4").tobytes()
