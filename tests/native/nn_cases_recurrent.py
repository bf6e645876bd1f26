"""Random models of one op that keeps a state, run several times: SVDF, LSTM."""

import numpy as np

from runicd.model.read_tflite import ABSENT
from runicd.model.write_tflite import Graph
from tests.native.nn_batch import Array, Case
from tests.native.nn_cases import ACTIVATIONS, Chance, pick_values, pick_zero_point
from tests.native.nn_cases_functions import Generator

GATES = 4


def pick_between(chance: Chance, low: float, high: float) -> float:
    """A float32 number, its logarithm drawn evenly."""
    return float(np.float32(np.exp(chance.uniform(np.log(low), np.log(high)))))


def pick_runs(chance: Chance, element: str, shape: tuple[int, ...]) -> list[tuple[Array, ...]]:
    """What to feed in one to five runs."""
    return [(pick_values(chance, element, shape),) for _ in range(int(chance.integers(1, 6)))]


def pick_weights(chance: Chance, shape: tuple[int, ...], dtype: str = "i1") -> Array:
    ends = np.iinfo(dtype)
    return chance.integers(ends.min, ends.max, shape, endpoint=True).astype(dtype)


def svdf(chance: Chance, element: str) -> Case:
    """SVDF; int8 with a state of int8 or int16."""
    rank, units = int(chance.integers(1, 4)), int(chance.integers(1, 6))
    batches, depth, memory = int(chance.integers(1, 3)), *map(int, chance.integers(1, 9, 2))
    filters = rank * units
    graph = Graph("SVDF")
    options: dict[str, object] = {"rank": rank}
    result: tuple[float | None, int] = (None, 0)
    if element == "f32":
        x = graph.input("x", "f32", (batches, depth))
        parts = [chance.normal(size=shape).astype("f4") for shape in
                 ((filters, depth), (filters, memory), (units,))]  # fmt: skip
        tensors = [graph.constant("w", part) for part in parts]
        state = graph.tensor("s", "f32", (batches, memory * filters), is_variable=True)
        options["activation"] = str(chance.choice(ACTIVATIONS))
    else:
        kind = str(chance.choice(["i8", "i16"]))
        scales = [pick_between(chance, 1e-3, 1e-1) for _ in range(3)]
        x = graph.input("x", "i8", (batches, depth), scales[0], pick_zero_point(chance))
        weights = graph.constant("w", pick_weights(chance, (filters, depth)), scales[1])
        steps = {"i8": 127, "i16": 32767}[kind]
        kept = scales[0] * scales[1] * 5000 * depth**0.5 / steps
        kept = float(np.float32(kept * 10 ** chance.uniform(-0.5, 0.5)))
        dtype = {"i8": "i1", "i16": "i2"}[kind]
        over_time = graph.constant("t", pick_weights(chance, (filters, memory), dtype), scales[2])
        bias = chance.normal(0, steps * 40, units).astype("i4")
        tensors = [weights, over_time, graph.constant("b", bias, kept * scales[2])]
        point = pick_zero_point(chance) if kind == "i8" and chance.integers(2) else 0
        shape = (batches, memory * filters)
        state = graph.tensor("s", kind, shape, kept, point, is_variable=True)
        size = kept * steps * scales[2] * steps * (rank * memory) ** 0.5
        result = (float(np.float32(size / 300 * 10 ** chance.uniform(-1, 0.5))),
                  pick_zero_point(chance))  # fmt: skip
    inputs = [x, *tensors, state]
    graph.output(graph.op("SVDF", inputs, *result, shape=(batches, units), **options))  # type: ignore[arg-type]
    runs = pick_runs(chance, element, (batches, depth))
    label = f"SVDF {batches} {depth} {filters} {memory} {options} {result}"
    return Case(label, graph.to_bytes(), runs[0], further=tuple(runs[1:]))


def lstm(chance: Chance, element: str) -> Case:
    """UNIDIRECTIONAL_SEQUENCE_LSTM: batches or steps first, with and without a clip."""
    batches, steps, inputs, cells = (int(one) for one in chance.integers(1, 6, 4))
    time_major = int(chance.integers(2))
    leading = (steps, batches) if time_major else (batches, steps)
    graph = Graph("LSTM")
    make = lstm_f32 if element == "f32" else lstm_s8
    x, tensors, states, result = make(graph, chance, (*leading, inputs), (batches, cells))
    options = {
        "activation": "TANH",
        "time_major": time_major,
        "cell_clip": float(chance.choice([0.0, 0.0, 0.4, 3.0])),
    }
    given = [x, *tensors[:8], *[ABSENT] * 3, *tensors[8:], ABSENT, ABSENT, *states, *[ABSENT] * 4]
    op = "UNIDIRECTIONAL_SEQUENCE_LSTM"
    graph.output(graph.op(op, given, *result, shape=(*leading, cells), **options))  # type: ignore[arg-type]
    runs = pick_runs(chance, element, (*leading, inputs))
    label = f"LSTM {leading} {inputs} {cells} {options} {result}"
    return Case(label, graph.to_bytes(), runs[0], further=tuple(runs[1:]))


Made = tuple[int, list[int], list[int], tuple[float | None, int]]


def lstm_f32(graph: Graph, chance: Chance, shape: tuple[int, ...], state: tuple[int, int]) -> Made:
    """Input, weights and bias, states, and no quantisation of the result."""
    x = graph.input("x", "f32", shape)
    cells = state[1]
    sizes = [(cells, shape[2])] * GATES + [(cells, cells)] * GATES + [(cells,)] * GATES
    tensors = [graph.constant("w", chance.normal(size=size).astype("f4")) for size in sizes]
    states = [graph.tensor(name, "f32", state, is_variable=True) for name in "hc"]
    return x, tensors, states, (None, 0)


def lstm_s8(graph: Graph, chance: Chance, shape: tuple[int, ...], state: tuple[int, int]) -> Made:
    """The same, quantised; the result has the hidden state's scale and zero point."""
    cells = state[1]
    scale = pick_between(chance, 1e-3, 1e-1)
    x = graph.input("x", "i8", shape, scale, pick_zero_point(chance))
    hidden = (pick_between(chance, 1 / 256, 1 / 64), pick_zero_point(chance))
    tensors, biases = [], []
    for depth, source in ((shape[2], scale), (cells, hidden[0])):
        for _ in range(GATES):
            weight_scale = pick_between(chance, 1e-3, 1e-1)
            tensors.append(graph.constant("w", pick_weights(chance, (cells, depth)), weight_scale))
            if len(biases) < GATES:
                bias = chance.normal(0, 3000, cells).astype("i4")
                biases.append(graph.constant("b", bias, source * weight_scale))
    kept = 2.0 ** int(chance.integers(-15, -8))
    states = [
        graph.tensor("h", "i8", state, *hidden, is_variable=True),
        graph.tensor("c", "i16", state, kept, is_variable=True),
    ]
    return x, [*tensors, *biases], states, hidden


GENERATED: list[tuple[Generator, str]] = [
    (generator, element) for generator in (svdf, lstm) for element in ("i8", "f32")
]
