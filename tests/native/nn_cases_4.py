"""Random models of one layer with weights of int4: int8 data, two weights in a byte."""

from collections.abc import Callable

import numpy as np

from runicd.model.write_tflite import Graph
from tests.native.nn_batch import Case
from tests.native.nn_cases import (
    ACTIVATIONS,
    Chance,
    add_input,
    finish,
    image_sides,
    input_scale,
    output_scale,
    pick_scale,
    pick_values,
    pick_window,
    pick_zero_point,
)

Generator = Callable[[Chance, str], Case]


def _layer(
    chance: Chance, op: str, shape: tuple[int, ...], filter_shape: tuple[int, ...], axis: int,
    options: dict[str, object],
) -> Case:  # fmt: skip
    """A layer with a bias or without; FULLY_CONNECTED has one scale."""
    graph = Graph(op)
    x = add_input(graph, chance, "i8", shape)
    channels = filter_shape[axis]
    is_one = op == "FULLY_CONNECTED" or chance.integers(3) == 0
    scales = [pick_scale(chance) for _ in range(1 if is_one else channels)]
    given = scales[0] if is_one else scales
    weights = chance.integers(-8, 8, filter_shape).astype("i1")
    tensors = [x, graph.constant("w", weights, given, axis=axis, element="i4")]
    typical = 60.0 * 4 * (weights.size // channels) ** 0.5
    if chance.integers(4):
        bias = chance.normal(0, typical, channels).astype("i4")
        products = [scale * input_scale(graph, x) for scale in scales]
        tensors.append(graph.constant("b", bias, products[0] if is_one else products))
    size = typical * float(np.median(scales)) * input_scale(graph, x)
    result = (output_scale(chance, size), pick_zero_point(chance))
    return finish(graph, op, tensors, pick_values(chance, "i8", shape), result, options)


def conv_4(chance: Chance, _element: str) -> Case:
    """CONV_2D, also in groups."""
    options, window = pick_window(chance, dilated=True)
    groups = int(chance.choice([1, 1, 1, 2]))
    depth = int(chance.integers(1, 12))
    outputs = groups * int(chance.integers(1, 9))
    shape = (int(chance.integers(1, 3)), *image_sides(chance, window, options), depth * groups)
    return _layer(chance, "CONV_2D", shape, (outputs, *window, depth), 0, options)


def depthwise_4(chance: Chance, _element: str) -> Case:
    """DEPTHWISE_CONV_2D, also with several outputs per input."""
    options, window = pick_window(chance, dilated=True)
    multiplier = int(chance.choice([1, 1, 2, 3]))
    depth = int(chance.choice([1, 3, 8, 17, 70]))
    options["depth_multiplier"] = multiplier
    shape = (int(chance.integers(1, 3)), *image_sides(chance, window, options), depth)
    filter_shape = (1, *window, depth * multiplier)
    return _layer(chance, "DEPTHWISE_CONV_2D", shape, filter_shape, 3, options)


def fully_connected_4(chance: Chance, _element: str) -> Case:
    """FULLY_CONNECTED, with rows that begin in the middle of a byte."""
    depth, outputs = int(chance.integers(1, 70)), int(chance.integers(1, 20))
    options: dict[str, object] = {"activation": str(chance.choice(ACTIVATIONS))}
    shape = (int(chance.integers(1, 4)), depth)
    return _layer(chance, "FULLY_CONNECTED", shape, (outputs, depth), 0, options)


def _weighted(graph: Graph, chance: Chance, op: str, x: int, shape: tuple[int, ...]) -> int:
    depth = int(np.prod(shape[1:] if op != "DEPTHWISE_CONV_2D" else shape[:3]))
    values = chance.integers(-8, 8, shape).astype("i1")
    weights = graph.constant("w", values, 0.01, element="i4")
    scale = float(np.float32(0.01 * input_scale(graph, x) * 4 * depth**0.5))
    return graph.op(op, [x, weights], scale, pick_zero_point(chance))


def network_4(chance: Chance, _element: str) -> Case:
    """A whole network, whose layers share the arena with what they unpack."""
    graph = Graph("network")
    height, channels = int(chance.integers(4, 9)), int(chance.integers(1, 6))
    given = x = add_input(graph, chance, "i8", (1, height, 8, channels))
    x = _weighted(graph, chance, "CONV_2D", x, (6, 3, 3, channels))
    x = _weighted(graph, chance, "DEPTHWISE_CONV_2D", x, (1, 3, 3, 6))
    x = _weighted(graph, chance, "CONV_2D", x, (7, 1, 1, 6))
    x = graph.op("RESHAPE", [x, graph.constant("to", np.array([1, -1], "i4"))])
    x = _weighted(graph, chance, "FULLY_CONNECTED", x, (9, graph._tensors[x].shape[1]))
    graph.output(x)
    values = pick_values(chance, "i8", graph._tensors[given].shape)
    return Case(f"network of int4 {height} {channels}", graph.to_bytes(), (values,))


GENERATED = tuple(
    (generator, "i4") for generator in (conv_4, depthwise_4, fully_connected_4, network_4)
)
