"""How many instructions a model takes on a board's core, estimated from what was counted.

Each kind of op has a line through counts of many layers (`python -m bench.instruction_fit`, whose
result is instructions.json): so many instructions a multiply-accumulate, an output, and so on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from runicd.model.facts import kernel_name, op_macs
from runicd.model.read_tflite import Model, Op

COEFFICIENTS = Path(__file__).with_name("instructions.json")

_WINDOWED = ("CONV_2D", "DEPTHWISE_CONV_2D", "AVERAGE_POOL_2D", "MAX_POOL_2D")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A call's instructions on a board; `unknown` are kernels that it leaves out."""

    board: str
    instructions: int
    unknown: tuple[str, ...]


def estimates(model: Model) -> tuple[Estimate, ...]:
    """Return an estimate for each board whose core was counted."""
    return tuple(_estimate(model, board, known) for board, known in _coefficients().items())


def _estimate(model: Model, board: str, known: dict[str, list[float]]) -> Estimate:
    total = 0.0
    unknown = set()
    for op in model.ops:
        line = known.get(kind(model, op))
        if line is None:
            unknown.add(kernel_name(model, op))
        else:
            total += sum(a * x for a, x in zip(line, features(model, op), strict=True))
    return Estimate(board, round(total), tuple(sorted(unknown)))


@cache
def _coefficients() -> dict[str, dict[str, list[float]]]:
    found: dict[str, dict[str, list[float]]] = json.loads(COEFFICIENTS.read_text())
    return found


def kind(model: Model, op: Op) -> str:
    """Return what a line is kept under: the kernel, and of a convolution if it is pointwise."""
    pointwise = op.name == "CONV_2D" and model.tensors[op.inputs[1]].shape[1:3] == (1, 1)
    return kernel_name(model, op) + (":1x1" if pointwise else "")


def features(model: Model, op: Op) -> tuple[float, ...]:
    """Return what an op's instructions grow with; the last is 1, for the call itself.

    These are multiply-accumulates (of pools: elements looked at), those of them that meet no
    padding, outputs, elements of the input, and of a convolution the elements of all its windows.
    """
    data, output = model.tensors[op.inputs[0]], model.tensors[op.outputs[0]]
    work = inside = op_macs(model, op)
    windows = 0
    if op.name in _WINDOWED and len(output.shape) == 4:
        height, width = _window(model, op)
        met = _taps_inside(data.shape[1], output.shape[1], height) * _taps_inside(
            data.shape[2], output.shape[2], width
        )
        work = work or output.elements * height * width
        inside = round(work * met / (height * width * output.shape[1] * output.shape[2]))
        windows = data.shape[0] * met * (data.shape[3] if op.name == "CONV_2D" else 1)
    return (
        float(work),
        float(inside),
        float(output.elements),
        float(data.elements),
        float(windows),
        1.0,
    )


def _window(model: Model, op: Op) -> tuple[int, int]:
    if op.name.endswith("CONV_2D"):
        height, width = model.tensors[op.inputs[1]].shape[1:3]
        return height, width
    return int(op.options["filter_h"]), int(op.options["filter_w"])


def _taps_inside(length: int, outputs: int, window: int) -> int:
    """Return how many taps of all windows along one axis meet data, if they lie evenly."""
    stride = max(1, round(length / outputs))
    before = max(0, (outputs - 1) * stride + window - length) // 2
    starts = (at * stride - before for at in range(outputs))
    return sum(min(start + window, length) - max(start, 0) for start in starts)
