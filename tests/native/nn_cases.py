"""Random models of one op with weights or a window: shapes, strides, paddings, quantisation.

Every generator takes a random source and the element type ("f32" or "i8") and returns a Case.
Scales are drawn so that some outputs saturate and some lose most of their bits.
"""

import numpy as np

from runicd.model.write_tflite import Graph
from tests.native.nn_batch import Array, Case

Chance = np.random.Generator
ACTIVATIONS = ("NONE", "RELU", "RELU_N1_TO_1", "RELU6")


def pick_scale(chance: Chance) -> float:
    """A scale between about 1e-4 and 1."""
    return float(np.float32(10 ** chance.uniform(-4, 0)))


def pick_zero_point(chance: Chance) -> int:
    """Any int8, the extremes more often."""
    return int(chance.choice([-128, 127, 0, chance.integers(-128, 128)]))


def pick_values(chance: Chance, element: str, shape: tuple[int, ...]) -> Array:
    """Values of the element's whole range; now and then only its extremes."""
    if element == "f32":
        return (chance.normal(size=shape) * 10 ** chance.uniform(-1, 0)).astype("f4")
    if chance.integers(8) == 0:
        return chance.choice(np.array([-128, 127], "i1"), shape)
    return chance.integers(-128, 128, shape).astype("i1")


def add_input(graph: Graph, chance: Chance, element: str, shape: tuple[int, ...]) -> int:
    """An input, quantised at random when int8."""
    if element == "f32":
        return graph.input("x", "f32", shape)
    return graph.input("x", "i8", shape, pick_scale(chance), pick_zero_point(chance))


def output_scale(chance: Chance, accumulated: float) -> float:
    """A scale that maps a typical sum to int8, or squeezes or saturates it."""
    return float(np.float32(accumulated / 127 * 10 ** chance.uniform(-1, 1)))


def input_scale(graph: Graph, tensor: int) -> float:
    """The scale that an input was given."""
    return graph._tensors[tensor].scales[0]


def add_weights(
    graph: Graph,
    chance: Chance,
    x: int,
    shape: tuple[int, ...],
    axis: int,
    *,
    per_channel: bool,
) -> tuple[list[int], float]:
    """int8 weights and perhaps a bias; returns the tensors and a typical sum's real size."""
    channels = shape[axis]
    scales = [pick_scale(chance) for _ in range(channels if per_channel else 1)]
    weights = chance.integers(-127, 128, shape).astype("i1")
    tensors = [graph.constant("w", weights, scales if per_channel else scales[0], axis=axis)]
    depth = weights.size // channels
    typical = 60.0 * 60 * depth**0.5
    if chance.integers(4):
        bias = chance.normal(0, typical, channels).astype("i4")
        bias_scales = [input_scale(graph, x) * scale for scale in scales]
        tensors.append(graph.constant("b", bias, bias_scales if per_channel else bias_scales[0]))
    return tensors, typical * float(np.median(scales)) * input_scale(graph, x)


def add_float_weights(
    graph: Graph, chance: Chance, shape: tuple[int, ...], channels: int
) -> list[int]:
    """float32 weights and perhaps a bias; sums stay near 1, where clamps and 1e-5 are felt."""
    spread = (channels / float(np.prod(shape))) ** 0.5
    tensors = [graph.constant("w", chance.normal(0, spread, shape).astype("f4"))]
    if chance.integers(4):
        tensors.append(graph.constant("b", chance.normal(size=channels).astype("f4")))
    return tensors


def pick_window(chance: Chance, *, dilated: bool) -> tuple[dict[str, object], tuple[int, int]]:
    """Options of a sliding window, and a filter that fits them."""
    options: dict[str, object] = {
        "padding": str(chance.choice(["SAME", "VALID"])),
        "stride_h": int(chance.integers(1, 4)),
        "stride_w": int(chance.integers(1, 4)),
        "activation": str(chance.choice(ACTIVATIONS)),
    }
    if dilated:
        options["dilation_h"] = int(chance.choice([1, 1, 2, 3]))
        options["dilation_w"] = int(chance.choice([1, 1, 2, 3]))
    return options, (int(chance.integers(1, 5)), int(chance.integers(1, 5)))


def finish(
    graph: Graph, op: str, inputs: list[int], values: Array, result: tuple[float, int] | None,
    options: dict[str, object],
) -> Case:  # fmt: skip
    """The case of a graph that ends with this op; `result` is its scale and zero point."""
    scale, zero_point = result if result is not None else (None, 0)
    graph.output(graph.op(op, inputs, scale, zero_point, **options))  # type: ignore[arg-type]
    return Case(f"{op} {values.shape} {options} {result}", graph.to_bytes(), (values,))


def weighted(
    chance: Chance, element: str, op: str, shape: tuple[int, ...], filter_shape: tuple[int, ...],
    axis: int, options: dict[str, object],
) -> Case:  # fmt: skip
    """A case of an op with a filter whose output channels lie along `axis`."""
    graph = Graph(op)
    x = add_input(graph, chance, element, shape)
    values = pick_values(chance, element, shape)
    if element == "f32":
        tensors = add_float_weights(graph, chance, filter_shape, filter_shape[axis])
        return finish(graph, op, [x, *tensors], values, None, options)
    per_channel = bool(chance.integers(3))
    tensors, typical = add_weights(graph, chance, x, filter_shape, axis, per_channel=per_channel)
    result = (output_scale(chance, typical), pick_zero_point(chance))
    return finish(graph, op, [x, *tensors], values, result, options)


def image_sides(
    chance: Chance, window: tuple[int, int], options: dict[str, object]
) -> tuple[int, int]:
    """Height and width that the dilated window fits into."""
    down = (window[0] - 1) * int(options.get("dilation_h", 1)) + 1  # type: ignore[call-overload]
    across = (window[1] - 1) * int(options.get("dilation_w", 1)) + 1  # type: ignore[call-overload]
    return down + int(chance.integers(0, 9)), across + int(chance.integers(0, 9))


def conv(chance: Chance, element: str) -> Case:
    """CONV_2D, also in groups."""
    options, window = pick_window(chance, dilated=True)
    sides = image_sides(chance, window, options)
    groups = int(chance.choice([1, 1, 1, 2]))
    depth = int(chance.integers(1, 12))
    outputs = groups * int(chance.integers(1, 9))
    shape = (int(chance.integers(1, 3)), *sides, depth * groups)
    return weighted(chance, element, "CONV_2D", shape, (outputs, *window, depth), 0, options)


def conv_deep(chance: Chance, element: str) -> Case:
    """CONV_2D with more taps than the kernel lays out at once, and just fewer."""
    options, window = pick_window(chance, dilated=True)
    depth = max(int(chance.integers(500, 700)) // (window[0] * window[1]), 1)
    shape = (1, *image_sides(chance, window, options), depth)
    filter_shape = (int(chance.integers(1, 10)), *window, depth)
    return weighted(chance, element, "CONV_2D", shape, filter_shape, 0, options)


def depthwise(chance: Chance, element: str) -> Case:
    """DEPTHWISE_CONV_2D, also with several outputs per input."""
    options, window = pick_window(chance, dilated=True)
    sides = image_sides(chance, window, options)
    multiplier = int(chance.choice([1, 1, 2, 3]))
    depth = int(chance.choice([1, 3, 8, 17, 70]))
    options["depth_multiplier"] = multiplier
    shape = (int(chance.integers(1, 3)), *sides, depth)
    filter_shape = (1, *window, depth * multiplier)
    return weighted(chance, element, "DEPTHWISE_CONV_2D", shape, filter_shape, 3, options)


def fully_connected(chance: Chance, element: str) -> Case:
    """FULLY_CONNECTED, with input of 2 or 3 dimensions."""
    depth, outputs = int(chance.integers(1, 70)), int(chance.integers(1, 20))
    options: dict[str, object] = {"activation": str(chance.choice(ACTIVATIONS))}
    shape: tuple[int, ...] = (int(chance.integers(1, 4)), depth)
    if chance.integers(3) == 0:
        options["keep_num_dims"] = 1
        shape = (shape[0], int(chance.integers(1, 4)), depth)
    return weighted(chance, element, "FULLY_CONNECTED", shape, (outputs, depth), 0, options)


def computed_weights(chance: Chance, element: str) -> Case:
    """FULLY_CONNECTED whose weights are an input of the model."""
    depth, outputs = int(chance.integers(1, 40)), int(chance.integers(1, 20))
    shapes = [(int(chance.integers(1, 4)), depth), (outputs, depth)]
    graph = Graph("computed")
    if element == "f32":
        tensors = [graph.input("x", "f32", shape) for shape in shapes]
        result: tuple[float | None, int] = (None, 0)
    else:
        scale = pick_scale(chance)
        x = graph.input("x", "i8", shapes[0], scale, pick_zero_point(chance))
        tensors = [x, graph.input("w", "i8", shapes[1], 0.5, 0)]
        result = (output_scale(chance, scale * 1800 * depth**0.5), pick_zero_point(chance))
    values = tuple(pick_values(chance, element, shape) for shape in shapes)
    graph.output(graph.op("FULLY_CONNECTED", tensors, *result))
    return Case(f"computed {shapes} {result}", graph.to_bytes(), values)


def _pool(chance: Chance, element: str, op: str) -> Case:
    options, window = pick_window(chance, dilated=False)
    sides = image_sides(chance, window, options)
    options.update(filter_h=window[0], filter_w=window[1])
    shape = (int(chance.integers(1, 3)), *sides, int(chance.choice([1, 4, 9, 70])))
    graph = Graph(op)
    x = add_input(graph, chance, element, shape)
    return finish(graph, op, [x], pick_values(chance, element, shape), None, options)


def max_pool(chance: Chance, element: str) -> Case:
    """MAX_POOL_2D."""
    return _pool(chance, element, "MAX_POOL_2D")


def average_pool(chance: Chance, element: str) -> Case:
    """AVERAGE_POOL_2D."""
    return _pool(chance, element, "AVERAGE_POOL_2D")
