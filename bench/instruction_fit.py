"""Fits what `runicd model info` estimates instructions by: `python -m bench.instruction_fit`.

Layers as networks have them are counted on each core; a line per kind of op goes through the
counts, with least squares of the relative error and no negative slope. Rerun when kernels change.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from bench import kernel_runs
from bench.counter import CounterError
from bench.kernels import inputs
from runicd.model.estimate import COEFFICIENTS, features, kind
from runicd.model.read_tflite import read_tflite
from runicd.model.write_tflite import Graph

Chance = np.random.Generator
_CHANNELS = (3, 8, 16, 24, 32, 48, 64, 96, 128)
_SIDES = (3, 6, 8, 12, 16, 24, 32, 48)
_MOST_MACS = 2_000_000
_UNARY = ("LOGISTIC", "TANH", "RELU", "RELU6", "SOFTMAX", "RESHAPE")
_LAYERS = 30


def _weighted(chance: Chance, name: str, shape: tuple[int, ...], weights: tuple[int, ...],
              axis: int, **options: float | str) -> bytes:  # fmt: skip
    graph = Graph(name)
    x = graph.input("x", "i8", shape, 0.05, -3)
    values = chance.integers(-127, 128, weights).astype("i1")
    scales = [0.01] * weights[axis]
    w = graph.constant("w", values, scales, axis=axis)
    b = graph.constant("b", chance.integers(-999, 999, weights[axis]).astype("i4"), scales)
    graph.output(graph.op(name, [x, w, b], 0.3, -128, activation="RELU", **options))
    return graph.to_bytes()


def _pick(chance: Chance, among: Iterable[int]) -> int:
    return int(chance.choice(list(among)))


def _image(chance: Chance) -> tuple[int, int, int, int]:
    side = _pick(chance, _SIDES)
    return 1, side, _pick(chance, (side, max(1, side // 2))), _pick(chance, _CHANNELS)


def _conv(chance: Chance, window: tuple[int, int]) -> bytes:
    shape = _image(chance)
    outputs = _pick(chance, _CHANNELS)
    stride = _pick(chance, (1, 1, 2))
    sides = {"stride_h": stride, "stride_w": stride, "padding": "SAME"}
    return _weighted(chance, "CONV_2D", shape, (outputs, *window, shape[3]), 0, **sides)


def _pointwise(chance: Chance) -> bytes:
    return _conv(chance, (1, 1))


def _windowed(chance: Chance) -> bytes:
    return _conv(chance, ((3, 3), (3, 3), (3, 3), (5, 5), (5, 1), (10, 4))[chance.integers(6)])


def _depthwise(chance: Chance) -> bytes:
    shape = _image(chance)
    stride = _pick(chance, (1, 1, 2))
    sides = {"stride_h": stride, "stride_w": stride, "padding": "SAME"}
    return _weighted(chance, "DEPTHWISE_CONV_2D", shape, (1, 3, 3, shape[3]), 3, **sides)


def _dense(chance: Chance) -> bytes:
    depth, outputs = _pick(chance, (1, 8, 16, 64, 128, 300, 640)), _pick(chance, range(1, 129))
    graph = Graph("dense")
    x = graph.input("x", "i8", (1, depth), 0.05, -3)
    w = graph.constant("w", chance.integers(-127, 128, (outputs, depth)).astype("i1"), 0.01)
    b = graph.constant("b", chance.integers(-999, 999, outputs).astype("i4"), 0.0005)
    graph.output(graph.op("FULLY_CONNECTED", [x, w, b], 0.3, -128, activation="RELU"))
    return graph.to_bytes()


def _pool(name: str) -> Callable[[Chance], bytes]:
    def make(chance: Chance) -> bytes:
        shape = _image(chance)
        window = min(_pick(chance, (2, 3, shape[1])), shape[1], shape[2])
        graph = Graph(name)
        sides = {"filter_h": window, "filter_w": window, "stride_h": window, "stride_w": window}
        graph.output(
            graph.op(name, [graph.input("x", "i8", shape, 0.1)], padding="VALID", **sides)
        )
        return graph.to_bytes()

    return make


def _one(name: str) -> Callable[[Chance], bytes]:
    def make(chance: Chance) -> bytes:
        graph = Graph(name)
        shape = (_pick(chance, (1, 4, 16)), _pick(chance, range(2, 300)))
        x = graph.input("x", "i8", shape, 0.1)
        options = {"shape": (shape[1], shape[0])} if name == "RESHAPE" else {}
        graph.output(graph.op(name, [x], **options))  # type: ignore[arg-type]
        return graph.to_bytes()

    return make


def _two(name: str) -> Callable[[Chance], bytes]:
    def make(chance: Chance) -> bytes:
        graph = Graph(name)
        shape = _image(chance)
        given = [graph.input(each, "i8", shape, 0.1, 5) for each in "xy"]
        graph.output(graph.op(name, given, 0.2, -5))
        return graph.to_bytes()

    return make


MAKERS: tuple[Callable[[Chance], bytes], ...] = (
    *(_pointwise, _windowed, _depthwise, _dense),
    *(_pool(name) for name in ("AVERAGE_POOL_2D", "MAX_POOL_2D")),
    *(_one(name) for name in _UNARY),
    *(_two(name) for name in ("ADD", "MUL")),
)


def _layers(make: Callable[[Chance], bytes]) -> list[bytes]:
    """Return layers that do not take too long to count."""
    chance = np.random.default_rng(17)
    found: list[bytes] = []
    while len(found) < _LAYERS:
        data = make(chance)
        model = read_tflite(data)
        if features(model, model.ops[0])[0] <= _MOST_MACS:
            found.append(data)
    return found


def fit(rows: list[tuple[float, ...]], counts: list[int]) -> list[float]:
    """Return the line of least relative error that has no negative slope."""
    weights = 1 / np.array(counts, float)
    table = np.array(rows) * weights[:, None]
    active = [at for at in range(table.shape[1]) if table[:, at].any()]
    while True:
        slopes: NDArray[np.float64] = np.linalg.lstsq(
            table[:, active], np.ones(len(counts)), rcond=None
        )[0]
        if (slopes >= 0).all():
            break
        del active[int(slopes.argmin())]
    line = np.zeros(table.shape[1])
    line[active] = slopes
    return [float(f"{slope:.4g}") for slope in line]


def fit_core(core: str) -> dict[str, list[float]]:
    """Count all layers on a core and return a line for each kind of op. Raises CounterError."""
    rows: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    counts: dict[str, list[int]] = defaultdict(list)
    for data in (data for make in MAKERS for data in _layers(make)):
        model = read_tflite(data)
        counted = kernel_runs.measure(core, data, inputs(model))
        rows[kind(model, model.ops[0])].append(features(model, model.ops[0]))
        counts[kind(model, model.ops[0])].append(counted.ops[0].instructions)
    lines = {name: fit(rows[name], counts[name]) for name in rows}
    for name, line in lines.items():
        told = np.array(rows[name]) @ line
        errors = np.abs(told / np.array(counts[name]) - 1)
        print(f"{core} {name}: median error {100 * np.median(errors):.1f} %", flush=True)
    return lines


def main() -> int:
    """Fit every core and write the coefficients; 2 when it cannot be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.instruction_fit", description=__doc__)
    parser.parse_args()
    try:
        with ThreadPoolExecutor(2) as pool:
            lines = list(pool.map(fit_core, kernel_runs.BOARDS))
    except CounterError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    found = dict(zip(kernel_runs.BOARDS.values(), lines, strict=True))
    COEFFICIENTS.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    print(f"{COEFFICIENTS} is written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
