"""Random models of one op without weights: arithmetic, activations, quantisation, movement."""

import numpy as np

from runicd.model.write_tflite import Graph
from tests.native.nn_batch import Case
from tests.native.nn_cases import (
    ACTIVATIONS,
    Chance,
    add_input,
    finish,
    input_scale,
    pick_scale,
    pick_values,
    pick_zero_point,
)


def pick_shape(chance: Chance, least_rank: int = 1, most_rank: int = 4) -> tuple[int, ...]:
    """A shape of a few hundred elements at most."""
    rank = int(chance.integers(least_rank, most_rank + 1))
    return tuple(int(size) for size in chance.integers(1, 6, rank))


def broadcast_from(chance: Chance, shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape that can be broadcast to `shape`: some sizes 1, perhaps fewer dimensions."""
    keep = chance.integers(0, 2, len(shape))
    narrowed = tuple(size if kept else 1 for size, kept in zip(shape, keep, strict=True))
    return narrowed[int(chance.integers(0, len(shape))) :]


def _arithmetic(chance: Chance, element: str, op: str) -> Case:
    shape = pick_shape(chance, 1, 5)
    shapes = [shape, shape]
    if chance.integers(2):
        shapes[int(chance.integers(2))] = broadcast_from(chance, shape)
    graph = Graph(op)
    tensors = [add_input(graph, chance, element, one) for one in shapes]
    values = tuple(pick_values(chance, element, one) for one in shapes)
    options = {"activation": str(chance.choice(ACTIVATIONS))}
    result: tuple[float | None, int] = (None, 0)
    if element == "i8":
        scales = [input_scale(graph, tensor) for tensor in tensors]
        natural = max(scales) if op != "MUL" else scales[0] * scales[1] * 100
        spread = 10 ** chance.uniform(-1, 1)
        result = (float(np.float32(natural * spread)), pick_zero_point(chance))
    graph.output(graph.op(op, tensors, *result, shape=shape, **options))
    return Case(f"{op} {shapes} {options} {result}", graph.to_bytes(), values)


def add(chance: Chance, element: str) -> Case:
    """ADD with broadcasting."""
    return _arithmetic(chance, element, "ADD")


def sub(chance: Chance, element: str) -> Case:
    """SUB with broadcasting."""
    return _arithmetic(chance, element, "SUB")


def mul(chance: Chance, element: str) -> Case:
    """MUL with broadcasting."""
    return _arithmetic(chance, element, "MUL")


def _unary(chance: Chance, element: str, op: str, result: tuple[float, int] | None) -> Case:
    # All 256 values occur, and every int8 function of one value is covered whole.
    shape = (1, 256)
    graph = Graph(op)
    x = add_input(graph, chance, element, shape)
    values = pick_values(chance, element, shape)
    if element == "i8":
        values = np.arange(-128, 128).astype("i1").reshape(shape)
    return finish(graph, op, [x], values, result if element == "i8" else None, {})


def relu(chance: Chance, element: str) -> Case:
    """RELU with a scale of its own for the output."""
    return _unary(chance, element, "RELU", (pick_scale(chance), pick_zero_point(chance)))


def relu6(chance: Chance, element: str) -> Case:
    """RELU6; the output has the input's scale, as the reference takes for granted."""
    return _unary(chance, element, "RELU6", None)


def logistic(chance: Chance, element: str) -> Case:
    """LOGISTIC."""
    return _unary(chance, element, "LOGISTIC", None)


def tanh(chance: Chance, element: str) -> Case:
    """TANH."""
    return _unary(chance, element, "TANH", None)


def softmax(chance: Chance, element: str) -> Case:
    """SOFTMAX over the last axis of 1 to 3 dimensions."""
    shape = (*pick_shape(chance, 0, 2), int(chance.integers(1, 40)))
    graph = Graph("SOFTMAX")
    x = add_input(graph, chance, element, shape)
    beta = float(chance.choice([1.0, 0.5, 2.0]))
    values = pick_values(chance, element, shape)
    return finish(graph, "SOFTMAX", [x], values, None, {"beta": beta})


def quantize(chance: Chance, element: str) -> Case:
    """QUANTIZE float32 to int8, with values on the halves; int8, uint8 to another scale."""
    shape = (1, 256)
    graph = Graph("QUANTIZE")
    scale, zero_point = pick_scale(chance), pick_zero_point(chance)
    if element == "f32":
        x = graph.input("x", "f32", shape)
        steps = chance.integers(-300, 300, shape) / chance.choice([1, 2])
        values = (steps * np.float32(scale)).astype("f4")
        graph.output(graph.op("QUANTIZE", [x], scale, zero_point, element="i8"))
        return Case(f"QUANTIZE {scale} {zero_point}", graph.to_bytes(), (values,))
    unsigned = [(False, False), (True, False), (False, True)][int(chance.integers(3))]
    offsets = [128 if is_unsigned else 0 for is_unsigned in unsigned]
    kinds = ["u8" if is_unsigned else "i8" for is_unsigned in unsigned]
    given = pick_zero_point(chance) + offsets[0]
    x = graph.input("x", kinds[0], shape, pick_scale(chance), given)
    values = np.arange(256).astype("u1" if unsigned[0] else "i1").reshape(shape)
    graph.output(graph.op("QUANTIZE", [x], scale, zero_point + offsets[1], element=kinds[1]))
    return Case(f"QUANTIZE {kinds} {scale} {zero_point}", graph.to_bytes(), (values,))


def dequantize(chance: Chance, element: str) -> Case:
    """DEQUANTIZE int8 or uint8 to float32."""
    graph = Graph("DEQUANTIZE")
    offset = 128 if element == "u8" else 0
    zero_point = pick_zero_point(chance) + offset
    x = graph.input("x", element, (1, 256), pick_scale(chance), zero_point)
    values = np.arange(256).astype("u1").reshape(1, 256)
    values = values if element == "u8" else values.view("i1")
    return finish(graph, "DEQUANTIZE", [x], values, None, {})


def pad(chance: Chance, element: str) -> Case:
    """PAD and PADV2, unevenly."""
    shape = pick_shape(chance)
    graph = Graph("PAD")
    x = add_input(graph, chance, element, shape)
    amounts = chance.integers(0, 4, (len(shape), 2)).astype("i4")
    tensors = [x, graph.constant("p", amounts)]
    op = str(chance.choice(["PAD", "PADV2"]))
    if op == "PADV2":
        value = pick_values(chance, element, (1,))
        quant = () if element == "f32" else (input_scale(graph, x), graph._tensors[x].zero_points)
        tensors.append(graph.constant("v", value, *quant))
    return finish(graph, op, tensors, pick_values(chance, element, shape), None, {})


def concatenation(chance: Chance, element: str) -> Case:
    """CONCATENATION of 2 to 5 tensors, the axis also counted from the end."""
    shape = pick_shape(chance, 1, 4)
    axis = int(chance.integers(-len(shape), len(shape)))
    graph = Graph("CONCATENATION")
    tensors, values = [], []
    scale, zero_point = pick_scale(chance), pick_zero_point(chance)
    for _ in range(int(chance.integers(2, 6))):
        part = list(shape)
        part[axis] = int(chance.integers(1, 5))
        quant = (scale, zero_point) if element == "i8" else ()
        tensors.append(graph.input("x", element, part, *quant))
        values.append(pick_values(chance, element, tuple(part)))
    graph.output(graph.op("CONCATENATION", tensors, axis=axis))
    return Case(f"CONCATENATION {shape} {axis}", graph.to_bytes(), tuple(values))


def mean(chance: Chance, element: str) -> Case:
    """MEAN: over an image's pixels or any one or two axes, scales equal or not."""
    shape = pick_shape(chance, 4, 4) if chance.integers(2) else pick_shape(chance, 2, 4)
    chosen = chance.permutation(len(shape))[: int(chance.integers(1, 3))]
    if len(shape) == 4 and chance.integers(2):
        chosen = np.array([[1, 2], [2, 1]][int(chance.integers(2))])
    graph = Graph("MEAN")
    x = add_input(graph, chance, element, shape)
    if chance.integers(2):
        chosen = chosen - len(shape)  # counted from the end
    axes = graph.constant("axes", chosen.astype("i4"))
    result = None
    if element == "i8" and chance.integers(3):
        spread = 10 ** chance.uniform(-1, 1)
        result = (float(np.float32(input_scale(graph, x) * spread)), pick_zero_point(chance))
    options: dict[str, object] = {"keep_dims": int(chance.integers(2))}
    return finish(graph, "MEAN", [x, axes], pick_values(chance, element, shape), result, options)


def reshape(chance: Chance, element: str) -> Case:
    """RESHAPE, EXPAND_DIMS or SQUEEZE."""
    op = str(chance.choice(["RESHAPE", "EXPAND_DIMS", "SQUEEZE"]))
    shape = pick_shape(chance, 2, 4)
    shape = (1, *shape[1:]) if op == "SQUEEZE" else shape
    graph = Graph(op)
    tensors = [add_input(graph, chance, element, shape)]
    if op == "RESHAPE":
        tensors.append(graph.constant("to", np.array([-1, shape[0]], "i4")))
    elif op == "EXPAND_DIMS":
        tensors.append(graph.constant("axis", np.array([len(shape) - 1], "i4")))
    return finish(graph, op, tensors, pick_values(chance, element, shape), None, {})
