"""Writes model.tflite: gravity's x, y, z in g to a score for each side. Train your own instead."""

from pathlib import Path

import numpy as np

from runicd.model.write_tflite import Graph

# One row for each side: which way gravity pulls when the board lies so.
SIDES = np.array(
    [[0, 0, 1], [0, 0, -1], [1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]], dtype=np.float32
)


def model_bytes() -> bytes:
    """Return a network of one fully connected layer."""
    graph = Graph("side of a board by gravity")
    motion = graph.input("motion", "f32", (1, 3))
    weights = graph.constant("sides", SIDES)
    bias = graph.constant("bias", np.zeros(len(SIDES), np.float32))
    graph.output(graph.op("FULLY_CONNECTED", [motion, weights, bias]))
    return graph.to_bytes()


if __name__ == "__main__":
    Path(__file__).with_name("model.tflite").write_bytes(model_bytes())
