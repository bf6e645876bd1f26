"""Random models of one op of int16 data: layers with int8 weights, functions, arithmetic.

Generators as in nn_cases. Scales are drawn so that some outputs saturate and some lose most of
their bits; sums stay below 2^47, as the reference takes for granted.
"""

from collections.abc import Callable

import numpy as np

from runicd.model.write_tflite import Graph
from tests.native.nn_batch import Array, Case
from tests.native.nn_cases import (
    ACTIVATIONS,
    Chance,
    finish,
    image_sides,
    input_scale,
    pick_window,
    pick_zero_point,
)
from tests.native.nn_cases_elementwise import broadcast_from, pick_shape

Generator = Callable[[Chance, str], Case]
ENDS = np.array([-32768, 32767], "<i2")
# How large the sums of a layer are, in a typical case.
TYPICAL = 60.0 * 16000


def pick_scale(chance: Chance) -> float:
    """A scale between about 1e-7 and 0.1."""
    return float(np.float32(10 ** chance.uniform(-7, -1)))


def pick_values(chance: Chance, shape: tuple[int, ...]) -> Array:
    """int16 over the whole range; now and then only its extremes, or near zero."""
    kind = int(chance.integers(8))
    if kind == 0:
        return chance.choice(ENDS, shape)
    low, high = (-3, 4) if kind == 1 else (-32768, 32768)
    return chance.integers(low, high, shape).astype("<i2")


def add_input(graph: Graph, chance: Chance, shape: tuple[int, ...]) -> int:
    """An int16 input with a scale."""
    return graph.input("x", "i16", shape, pick_scale(chance))


def _bias(chance: Chance, channels: int, depth: int, *, wide_only: bool) -> Array | None:
    kind = int(chance.integers(4))
    spread = TYPICAL * depth**0.5
    if kind == 0 or (wide_only and kind == 1):
        return None
    if kind == 1:
        return chance.normal(0, spread, channels).clip(-(2**31), 2**31 - 1).astype("<i4")
    spread = 2.0**44 if kind == 2 and chance.integers(3) == 0 else spread
    return chance.normal(0, spread, channels).clip(-(2**46), 2**46).astype("<i8")


def _layer(
    chance: Chance, op: str, shape: tuple[int, ...], filter_shape: tuple[int, ...], axis: int,
    options: dict[str, object],
) -> Case:  # fmt: skip
    """A layer; without a bias, with one of 32 bits, or with one of 64."""
    graph = Graph(op)
    x = add_input(graph, chance, shape)
    channels, depth = filter_shape[axis], int(np.prod(filter_shape)) // filter_shape[axis]
    per_channel = bool(chance.integers(3))
    scales = [pick_scale(chance) for _ in range(channels if per_channel else 1)]
    weights = chance.integers(-127, 128, filter_shape).astype("i1")
    if chance.integers(8) == 0:
        weights = chance.choice(np.array([-127, 127], "i1"), filter_shape)
    given = scales if per_channel else scales[0]
    tensors = [x, graph.constant("w", weights, given, axis=axis)]
    bias = _bias(chance, channels, depth, wide_only=op == "DEPTHWISE_CONV_2D")
    if bias is not None:
        products = [scale * input_scale(graph, x) for scale in scales]
        tensors.append(graph.constant("b", bias, products if per_channel else products[0]))
    size = TYPICAL * depth**0.5 * float(np.median(scales)) * input_scale(graph, x)
    spread = 10 ** chance.uniform(-1, 1) * (2.0 ** chance.uniform(-30, 4))
    if chance.integers(4):
        spread = 10 ** chance.uniform(-1, 1)
    # The reference scales sums of 64 bits by less than 128.
    most = max(scales) * input_scale(graph, x) / 100
    result = (float(np.float32(max(size / 32768 * spread, most))), 0)
    _keep_clamp(options, result[0])
    values = pick_values(chance, shape)
    kind = "none" if bias is None else str(bias.dtype)
    case = finish(graph, op, tensors, values, result, options)
    return Case(f"{case.label} bias {kind}", case.model, case.inputs)


def _keep_clamp(options: dict[str, object], scale: float) -> None:
    """Leave the activation out where its bounds are too many steps for the reference."""
    if scale < 6 / 2**30:
        options["activation"] = "NONE"


def conv(chance: Chance, _element: str) -> Case:
    """CONV_2D, also in groups, and with more products than 32 bits hold for certain."""
    options, window = pick_window(chance, dilated=True)
    groups = int(chance.choice([1, 1, 1, 2]))
    depth = int(chance.choice([1, 3, 8, 11, 130]))
    outputs = groups * int(chance.integers(1, 6))
    shape = (int(chance.integers(1, 3)), *image_sides(chance, window, options), depth * groups)
    return _layer(chance, "CONV_2D", shape, (outputs, *window, depth), 0, options)


def depthwise(chance: Chance, _element: str) -> Case:
    """DEPTHWISE_CONV_2D, also with several outputs per input."""
    options, window = pick_window(chance, dilated=True)
    multiplier = int(chance.choice([1, 1, 2, 3]))
    depth = int(chance.choice([1, 3, 8, 17, 70]))
    options["depth_multiplier"] = multiplier
    shape = (int(chance.integers(1, 3)), *image_sides(chance, window, options), depth)
    return _layer(chance, "DEPTHWISE_CONV_2D", shape, (1, *window, depth * multiplier), 3, options)


def fully_connected(chance: Chance, _element: str) -> Case:
    """FULLY_CONNECTED, with rows of up to 1200."""
    depth = int(chance.choice([int(chance.integers(1, 70)), 504, 505, 1200]))
    options: dict[str, object] = {"activation": str(chance.choice(ACTIVATIONS))}
    shape = (int(chance.integers(1, 4)), depth)
    outputs = int(chance.integers(1, 20))
    return _layer(chance, "FULLY_CONNECTED", shape, (outputs, depth), 0, options)


def pool(op: str) -> Generator:
    """The generator of a pool."""

    def generate(chance: Chance, _element: str) -> Case:
        options, window = pick_window(chance, dilated=False)
        sides = image_sides(chance, window, options)
        options.update(filter_h=window[0], filter_w=window[1])
        shape = (int(chance.integers(1, 3)), *sides, int(chance.choice([1, 4, 9, 70])))
        graph = Graph(op)
        x = add_input(graph, chance, shape)
        return finish(graph, op, [x], pick_values(chance, shape), None, options)

    generate.__name__ = op.lower()
    return generate


def arithmetic(op: str) -> Generator:
    """The generator of ADD, SUB or MUL, with broadcasting."""

    def generate(chance: Chance, _element: str) -> Case:
        shape = pick_shape(chance, 1, 5)
        shapes = [shape, shape]
        if chance.integers(2):
            shapes[int(chance.integers(2))] = broadcast_from(chance, shape)
        graph = Graph(op)
        tensors = [add_input(graph, chance, one) for one in shapes]
        scales = [input_scale(graph, tensor) for tensor in tensors]
        natural = max(scales) if op != "MUL" else scales[0] * scales[1] * 16000
        scale = float(np.float32(natural * 10 ** chance.uniform(-1, 1)))
        options: dict[str, object] = {"activation": str(chance.choice(ACTIVATIONS))}
        _keep_clamp(options, scale)
        graph.output(graph.op(op, tensors, scale, 0, shape=shape, **options))
        values = tuple(pick_values(chance, one) for one in shapes)
        return Case(f"{op} {shapes} {scales} {scale} {options}", graph.to_bytes(), values)

    generate.__name__ = op.lower()
    return generate


def function(op: str, *, is_rescaled: bool) -> Generator:
    """The generator of a function of one number; all of int16 now and then."""

    def generate(chance: Chance, _element: str) -> Case:
        graph = Graph(op)
        shape = (1, 65536) if chance.integers(8) == 0 else (1, 500)
        # LOGISTIC and TANH take powers of two as they are, and no scale above 2.6.
        scale = float(np.float32(10 ** chance.uniform(-9, 0.4)))
        scale = 2.0 ** int(chance.integers(-16, 1)) if chance.integers(3) == 0 else scale
        x = graph.input("x", "i16", shape, scale)
        values = pick_values(chance, shape)
        if shape[1] == 65536:
            values = np.arange(-32768, 32768).astype("<i2").reshape(shape)
        result = (float(np.float32(scale * 10 ** chance.uniform(-1, 1))), 0)
        options: dict[str, object] = {}
        if op == "LEAKY_RELU":
            options["alpha"] = float(chance.choice([0.0, 0.01, 0.2, 1.0, 1.7]))
        return finish(graph, op, [x], values, result if is_rescaled else None, options)

    generate.__name__ = op.lower()
    return generate


def relu6(chance: Chance, _element: str) -> Case:
    """RELU6; the reference takes no scale with which 6 is past the type."""
    graph = Graph("RELU6")
    scale = float(np.float32(10 ** chance.uniform(-3.7, 1)))
    x = graph.input("x", "i16", (1, 500), scale)
    return finish(graph, "RELU6", [x], pick_values(chance, (1, 500)), None, {})


def softmax(chance: Chance, _element: str) -> Case:
    """SOFTMAX over the last axis of 1 to 3 dimensions."""
    shape = (*pick_shape(chance, 0, 2), int(chance.integers(1, 300)))
    graph = Graph("SOFTMAX")
    x = graph.input("x", "i16", shape, float(np.float32(10 ** chance.uniform(-7, -1))))
    beta = float(chance.choice([1.0, 0.5, 2.0]))
    return finish(graph, "SOFTMAX", [x], pick_values(chance, shape), None, {"beta": beta})


def quantize(chance: Chance, _element: str) -> Case:
    """QUANTIZE from float32 and int8 to int16, from int16 to int8 and to int16."""
    given, made = [("f32", "i16"), ("i8", "i16"), ("i16", "i8"), ("i16", "i16")][
        int(chance.integers(4))
    ]
    graph = Graph("QUANTIZE")
    scale = pick_scale(chance)
    quant = () if given == "f32" else (pick_scale(chance), 0)
    shape = (1, 256)
    values = pick_values(chance, shape)
    if given == "f32":
        values = (chance.integers(-70000, 70000, shape) / 2 * np.float32(scale)).astype("f4")
    if given == "i8":
        quant = (quant[0], pick_zero_point(chance))
        values = np.arange(-128, 128).astype("i1").reshape(shape)
    if given != "f32" and chance.integers(3):
        scale = float(np.float32(quant[0] * 10 ** chance.uniform(-3, 3)))
    x = graph.input("x", given, shape, *quant)
    zero_point = pick_zero_point(chance) if made == "i8" else 0
    graph.output(graph.op("QUANTIZE", [x], scale, zero_point, element=made))
    return Case(f"QUANTIZE {given} {made} {quant} {scale}", graph.to_bytes(), (values,))


def dequantize(chance: Chance, _element: str) -> Case:
    """DEQUANTIZE to float32."""
    graph = Graph("DEQUANTIZE")
    x = add_input(graph, chance, (1, 300))
    return finish(graph, "DEQUANTIZE", [x], pick_values(chance, (1, 300)), None, {})


def pad(chance: Chance, _element: str) -> Case:
    """PAD and PADV2, unevenly."""
    shape = pick_shape(chance)
    graph = Graph("PAD")
    x = add_input(graph, chance, shape)
    amounts = chance.integers(0, 4, (len(shape), 2)).astype("i4")
    tensors = [x, graph.constant("p", amounts)]
    op = str(chance.choice(["PAD", "PADV2"]))
    if op == "PADV2":
        tensors.append(graph.constant("v", pick_values(chance, (1,)), input_scale(graph, x)))
    return finish(graph, op, tensors, pick_values(chance, shape), None, {})


def concatenation(chance: Chance, _element: str) -> Case:
    """CONCATENATION of 2 to 5 tensors."""
    shape = pick_shape(chance, 1, 4)
    axis = int(chance.integers(-len(shape), len(shape)))
    graph, scale = Graph("CONCATENATION"), pick_scale(chance)
    tensors, values = [], []
    for _ in range(int(chance.integers(2, 6))):
        part = list(shape)
        part[axis] = int(chance.integers(1, 5))
        tensors.append(graph.input("x", "i16", part, scale))
        values.append(pick_values(chance, tuple(part)))
    graph.output(graph.op("CONCATENATION", tensors, axis=axis))
    return Case(f"CONCATENATION {shape} {axis}", graph.to_bytes(), tuple(values))


def reduction(op: str) -> Generator:
    """The generator of MEAN or SUM over one or two axes."""

    def generate(chance: Chance, _element: str) -> Case:
        shape = pick_shape(chance, 2, 4)
        chosen = chance.permutation(len(shape))[: int(chance.integers(1, 3))]
        graph = Graph(op)
        x = add_input(graph, chance, shape)
        axes = graph.constant("axes", chosen.astype("i4"))
        scale = float(np.float32(input_scale(graph, x) * 10 ** chance.uniform(-1, 1)))
        result = (scale, 0) if chance.integers(3) else None
        options: dict[str, object] = {"keep_dims": int(chance.integers(2))}
        return finish(graph, op, [x, axes], pick_values(chance, shape), result, options)

    generate.__name__ = op.lower()
    return generate


def view(chance: Chance, _element: str) -> Case:
    """RESHAPE, EXPAND_DIMS or SQUEEZE."""
    op = str(chance.choice(["RESHAPE", "EXPAND_DIMS", "SQUEEZE"]))
    shape = pick_shape(chance, 2, 4)
    shape = (1, *shape[1:]) if op == "SQUEEZE" else shape
    graph = Graph(op)
    tensors = [add_input(graph, chance, shape)]
    if op == "RESHAPE":
        tensors.append(graph.constant("to", np.array([-1, shape[0]], "i4")))
    elif op == "EXPAND_DIMS":
        tensors.append(graph.constant("axis", np.array([len(shape) - 1], "i4")))
    return finish(graph, op, tensors, pick_values(chance, shape), None, {})


def _weighted(graph: Graph, chance: Chance, op: str, x: int, shape: tuple[int, ...]) -> int:
    """A layer whose outputs about fill the type, with a bias of 64 bits."""
    axis = 3 if op == "DEPTHWISE_CONV_2D" else 0
    depth = int(np.prod(shape)) // shape[axis]
    weights = graph.constant("w", chance.integers(-127, 128, shape).astype("i1"), 0.01)
    bias = chance.normal(0, TYPICAL, shape[axis]).astype("<i8")
    tensors = [x, weights, graph.constant("b", bias, 0.01 * input_scale(graph, x))]
    scale = 0.01 * input_scale(graph, x) * TYPICAL * depth**0.5 / 10000
    return graph.op(op, tensors, scale, activation="RELU" if chance.integers(2) else "NONE")


def network(chance: Chance, _element: str) -> Case:
    """A whole network from float32 to float32, a branch and all."""
    graph = Graph("network")
    height, channels = int(chance.integers(4, 9)), int(chance.integers(1, 6))
    given = graph.input("x", "f32", (1, height, 8, channels))
    x = graph.op("QUANTIZE", [given], 1 / 8192, element="i16")
    x = _weighted(graph, chance, "CONV_2D", x, (6, 3, 3, channels))
    y = _weighted(graph, chance, "DEPTHWISE_CONV_2D", x, (1, 3, 3, 6))
    y = _weighted(graph, chance, "CONV_2D", y, (6, 1, 1, 6))
    x = graph.op("ADD", [x, y], 2 * max(input_scale(graph, x), input_scale(graph, y)))
    pooling = str(chance.choice(["MAX_POOL_2D", "AVERAGE_POOL_2D"]))
    x = graph.op(pooling, [x], filter_h=2, filter_w=2, stride_h=2, stride_w=2)
    x = graph.op("RESHAPE", [x, graph.constant("to", np.array([1, -1], "i4"))])
    x = _weighted(graph, chance, "FULLY_CONNECTED", x, (10, graph._tensors[x].shape[1]))
    x = graph.op(str(chance.choice(["SOFTMAX", "LOGISTIC", "TANH"])), [x])
    graph.output(graph.op("DEQUANTIZE", [x]))
    values = chance.normal(size=(1, height, 8, channels)).astype("f4")
    return Case(f"network {height} {channels}", graph.to_bytes(), (values,))


GENERATED = tuple(
    (generator, "i16")
    for generator in (
        *(conv, depthwise, fully_connected, pool("MAX_POOL_2D"), pool("AVERAGE_POOL_2D")),
        *(arithmetic("ADD"), arithmetic("SUB"), arithmetic("MUL")),
        *(function(op, is_rescaled=True) for op in ("ABS", "LEAKY_RELU", "RELU")),
        *(function(op, is_rescaled=False) for op in ("LOGISTIC", "TANH")),
        *(reduction("MEAN"), reduction("SUM")),
        *(relu6, softmax, quantize, dequantize, pad, concatenation, view, network),
    )
)
