"""Random models of one op: reductions, ARG_MAX, products of matrices, TRANSPOSE_CONV."""

import numpy as np

from runicd.model.write_tflite import Graph
from tests.native.nn_batch import Case
from tests.native.nn_cases import (
    ACTIVATIONS,
    Chance,
    add_float_weights,
    add_input,
    add_weights,
    finish,
    input_scale,
    output_scale,
    pick_values,
    pick_zero_point,
)
from tests.native.nn_cases_elementwise import broadcast_from, pick_shape
from tests.native.nn_cases_functions import Generator
from tests.native.nn_cases_shapes import add_list


def reduction(op: str) -> Generator:
    """The generator of a reduction over one to all axes, some counted from the end."""

    def generate(chance: Chance, element: str) -> Case:
        shape = pick_shape(chance, 2, 4)
        chosen = chance.permutation(len(shape))[: int(chance.integers(1, len(shape)))]
        chosen = chosen - len(shape) * chance.integers(0, 2, chosen.shape)
        graph = Graph(op)
        x = add_input(graph, chance, element, shape)
        axes = add_list(graph, *map(int, chosen))
        result = None
        if element == "i8" and op == "SUM":
            scale = input_scale(graph, x) * 10 ** chance.uniform(-1, 1)
            result = (float(np.float32(scale)), pick_zero_point(chance))
        options: dict[str, object] = {"keep_dims": int(chance.integers(2))}
        return finish(graph, op, [x, axes], pick_values(chance, element, shape), result, options)

    generate.__name__ = op.lower()
    return generate


def extreme_place(chance: Chance, element: str) -> Case:
    """ARG_MAX or ARG_MIN, with equal values among them."""
    op = str(chance.choice(["ARG_MAX", "ARG_MIN"]))
    shape = pick_shape(chance, 2, 4)
    axis = int(chance.integers(-len(shape), len(shape)))
    graph = Graph(op)
    x = add_input(graph, chance, element, shape)
    values = pick_values(chance, element, shape)
    values = values // 64 if chance.integers(2) and element == "i8" else values
    return finish(graph, op, [x, add_list(graph, axis)], values, None, {"output_type": 2})


def l2_normalization(chance: Chance, element: str) -> Case:
    """L2_NORMALIZATION; now and then of nothing but zeros."""
    shape = (*pick_shape(chance, 0, 3), int(chance.choice([1, 3, 17, 200])))
    graph = Graph("L2_NORMALIZATION")
    x = add_input(graph, chance, element, shape)
    values = pick_values(chance, element, shape)
    if chance.integers(8) == 0:
        zero = graph._tensors[x].zero_points[0] if element == "i8" else 0
        values = np.full(shape, zero, values.dtype)
    return finish(graph, "L2_NORMALIZATION", [x], values, None, {})


def batch_matmul(chance: Chance, element: str) -> Case:
    """BATCH_MATMUL of 2 to 4 dimensions: either factor turned, batches broadcast."""
    rows, depth, columns = (int(one) for one in chance.integers(1, 9, 3))
    batches = pick_shape(chance, 0, 2)
    narrowed = broadcast_from(chance, batches) if batches and chance.integers(2) else batches
    kept = [batches, narrowed][:: int(chance.choice([1, -1]))]
    turned = [int(one) for one in chance.integers(0, 2, 2)]
    shapes = [
        (*kept[0], *((depth, rows) if turned[0] else (rows, depth))),
        (*kept[1], *((columns, depth) if turned[1] else (depth, columns))),
    ]
    graph = Graph("BATCH_MATMUL")
    tensors = [add_input(graph, chance, element, shape) for shape in shapes]
    result: tuple[float | None, int] = (None, 0)
    if element == "i8":
        scales = [input_scale(graph, tensor) for tensor in tensors]
        accumulated = scales[0] * scales[1] * 5000 * depth**0.5
        result = (output_scale(chance, accumulated), pick_zero_point(chance))
    options = {"adj_x": turned[0], "adj_y": turned[1]}
    graph.output(graph.op("BATCH_MATMUL", tensors, *result, **options))
    values = tuple(pick_values(chance, element, shape) for shape in shapes)
    return Case(f"BATCH_MATMUL {shapes} {options}", graph.to_bytes(), values)


def transpose_conv(chance: Chance, element: str) -> Case:
    """TRANSPOSE_CONV: any stride and window, also one shorter than the stride."""
    window = [int(one) for one in chance.integers(1, 5, 2)]
    strides = [int(one) for one in chance.integers(1, 4, 2)]
    sides = [int(one) for one in chance.integers(1, 6, 2)]
    depth, outputs = int(chance.integers(1, 7)), int(chance.integers(1, 7))
    padding = str(chance.choice(["SAME", "VALID"]))
    extra = [int(chance.integers(0, stride)) for stride in strides]
    if padding == "SAME":
        made = [
            side * stride - more for side, stride, more in zip(sides, strides, extra, strict=False)
        ]
    else:
        made = [
            (side - 1) * stride + size + more
            for side, stride, size, more in zip(sides, strides, window, extra, strict=False)
        ]
    count = int(chance.integers(1, 3))
    shape, wanted = (count, *sides, depth), (count, *made, outputs)
    graph = Graph("TRANSPOSE_CONV")
    x = add_input(graph, chance, element, shape)
    filter_shape = (outputs, *window, depth)
    result: tuple[float | None, int] = (None, 0)
    if element == "f32":
        tensors = add_float_weights(graph, chance, filter_shape, outputs)
    else:
        tensors, typical = add_weights(graph, chance, x, filter_shape, 0, per_channel=True)
        result = (output_scale(chance, typical), pick_zero_point(chance))
    options: dict[str, object] = {
        "padding": padding, "stride_h": strides[0], "stride_w": strides[1],
        "activation": str(chance.choice(ACTIVATIONS)),
    }  # fmt: skip
    inputs = [add_list(graph, *wanted), tensors[0], x, *tensors[1:]]
    graph.output(graph.op("TRANSPOSE_CONV", inputs, *result, **options))  # type: ignore[arg-type]
    label = f"TRANSPOSE_CONV {shape} {wanted} {filter_shape} {options}"
    return Case(label, graph.to_bytes(), (pick_values(chance, element, shape),))


GENERATED: list[tuple[Generator, str]] = [
    (generator, element)
    for generator in (
        *(reduction(op) for op in ("SUM", "REDUCE_MAX")),
        *(extreme_place, l2_normalization, batch_matmul, transpose_conv),
    )
    for element in ("i8", "f32")
]
