"""Random models of one op that moves elements: slices, turns, SPLIT, PACK, GATHER, resizing.

Generators as in nn_cases; some also take "i16", "i32", "i64" or "bool".
"""

import numpy as np

from runicd.model.read_tflite import Op
from runicd.model.write_tflite import Graph
from tests.native.nn_batch import Array, Case
from tests.native.nn_cases import Chance, finish, pick_scale, pick_zero_point
from tests.native.nn_cases_elementwise import pick_shape
from tests.native.nn_cases_functions import Generator, add_input
from tests.native.nn_cases_functions import pick_values as pick_numbers


def pick_values(chance: Chance, element: str, shape: tuple[int, ...]) -> Array:
    """Values of any element."""
    if element == "i64":
        return chance.integers(-(2**63), 2**63 - 1, shape).astype("<i8")
    return pick_numbers(chance, element, shape)


def add_list(graph: Graph, *numbers: int) -> int:
    """A constant list of indices."""
    return graph.constant("n", np.array(numbers, "<i4"))


def more_results(graph: Graph, shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
    """Give the last op more results, like its first; returns all of them."""
    op = graph._ops[-1]
    first = graph._tensors[op.outputs[0]]
    quant = (first.scales[0], first.zero_points[0]) if first.scales else ()
    others = [graph.tensor("more", first.element, shape, *quant) for shape in shapes]
    graph._ops[-1] = Op(op.name, op.inputs, (*op.outputs, *others), op.options)
    return graph._ops[-1].outputs


def add_results(graph: Graph, shapes: list[tuple[int, ...]]) -> None:
    """Give the last op more results, like its first; all are outputs of the model."""
    graph.output(*more_results(graph, shapes))


def transpose(chance: Chance, element: str) -> Case:
    """TRANSPOSE of 1 to 5 dimensions."""
    shape = pick_shape(chance, 1, 5)
    graph = Graph("TRANSPOSE")
    x = add_input(graph, chance, element, shape)
    order = add_list(graph, *map(int, chance.permutation(len(shape))))
    return finish(graph, "TRANSPOSE", [x, order], pick_values(chance, element, shape), None, {})


def cut(chance: Chance, element: str) -> Case:
    """SLICE; now and then to the end with -1."""
    shape = pick_shape(chance, 1, 5)
    begins = [int(chance.integers(0, dim)) for dim in shape]
    sizes = [
        int(chance.integers(1, dim - begin + 1)) for dim, begin in zip(shape, begins, strict=False)
    ]
    sizes = [-1 if chance.integers(5) == 0 else size for size in sizes]
    graph = Graph("SLICE")
    x = add_input(graph, chance, element, shape)
    lists = [add_list(graph, *begins), add_list(graph, *sizes)]
    return finish(graph, "SLICE", [x, *lists], pick_values(chance, element, shape), None, {})


def strided_slice(chance: Chance, element: str) -> Case:
    """STRIDED_SLICE: steps to both sides, bounds from both ends, masks, axes that go."""
    shape = pick_shape(chance, 1, 4)
    bounds: list[tuple[int, int, int]] = []
    masks = {"begin_mask": 0, "end_mask": 0, "shrink_axis_mask": 0}
    for axis, dim in enumerate(shape):
        step = int(chance.choice([1, 1, 2, 3, -1, -2, 100]))
        begin, end = sorted(int(one) for one in chance.choice(dim + 1, 2, replace=False))
        kind = int(chance.integers(6))
        if kind == 0 and len(shape) - masks["shrink_axis_mask"].bit_count() > 1:
            masks["shrink_axis_mask"] |= 1 << axis
            step = 1
        elif kind == 1:
            masks["begin_mask"] |= 1 << axis
        elif kind == 2:
            masks["end_mask"] |= 1 << axis
        if step < 0:
            begin, end = end - 1, begin - 1
            end = end if end >= 0 else -dim - 1
        elif chance.integers(2):
            begin, end = begin - dim, end - dim if end < dim else end + 7
        bounds.append((begin, end, step))
    graph = Graph("STRIDED_SLICE")
    x = add_input(graph, chance, element, shape)
    lists = [add_list(graph, *numbers) for numbers in zip(*bounds, strict=True)]
    values = pick_values(chance, element, shape)
    return finish(graph, "STRIDED_SLICE", [x, *lists], values, None, {**masks})


def split(chance: Chance, element: str) -> Case:
    """SPLIT into 1 to 4 equal parts, SPLIT_V into unequal ones."""
    shape = list(pick_shape(chance, 1, 4))
    axis, count = int(chance.integers(-len(shape), len(shape))), int(chance.integers(1, 5))
    equal = bool(chance.integers(2))
    sizes = [int(chance.integers(1, 4)) for _ in range(count)]
    sizes = [sizes[0]] * count if equal else sizes
    shape[axis] = sum(sizes)
    parts = [
        (*shape[: axis % len(shape)], size, *shape[axis % len(shape) + 1 :]) for size in sizes
    ]
    graph = Graph("SPLIT")
    x = add_input(graph, chance, element, tuple(shape))
    if equal:
        graph.op("SPLIT", [add_list(graph, axis), x], shape=parts[0], num_splits=count,
                 **result_like(graph, x))  # fmt: skip
    else:
        told = [-1 if i == 1 else size for i, size in enumerate(sizes)]
        tensors = [x, add_list(graph, *told), add_list(graph, axis)]
        graph.op("SPLIT_V", tensors, shape=parts[0], num_splits=count)
    add_results(graph, parts[1:])
    values = pick_values(chance, element, tuple(shape))
    label = f"SPLIT {equal} {shape} {axis} {sizes}"
    return Case(label, graph.to_bytes(), (values,), len(sizes))


def result_like(graph: Graph, tensor: int) -> dict[str, object]:
    """What makes an op's result of the type and quantisation of a tensor that is not its first."""
    like = graph._tensors[tensor]
    scale = like.scales[0] if like.scales else None
    return {"element": like.element, "scale": scale, "zero_point": like.zero_point}


def pack(chance: Chance, element: str) -> Case:
    """PACK of 1 to 4 tensors."""
    shape = pick_shape(chance, 1, 3)
    count, axis = int(chance.integers(1, 5)), int(chance.integers(-len(shape) - 1, len(shape) + 1))
    graph = Graph("PACK")
    quant = (pick_scale(chance), pick_zero_point(chance)) if element == "i8" else ()
    tensors = [graph.input("x", element, shape, *quant) for _ in range(count)]
    graph.output(graph.op("PACK", tensors, axis=axis, values_count=count))
    values = tuple(pick_values(chance, element, shape) for _ in range(count))
    return Case(f"PACK {shape} {axis} {count}", graph.to_bytes(), values)


def unpack(chance: Chance, element: str) -> Case:
    """UNPACK."""
    shape = pick_shape(chance, 2, 4)
    axis = int(chance.integers(-len(shape), len(shape)))
    rest = tuple(dim for i, dim in enumerate(shape) if i != axis % len(shape))
    graph = Graph("UNPACK")
    x = add_input(graph, chance, element, shape)
    graph.op("UNPACK", [x], shape=rest, axis=axis, num=shape[axis])
    add_results(graph, [rest] * (shape[axis] - 1))
    values = pick_values(chance, element, shape)
    return Case(f"UNPACK {shape} {axis}", graph.to_bytes(), (values,), shape[axis])


def gather(chance: Chance, element: str) -> Case:
    """GATHER by constant or computed positions, also anew for each batch."""
    shape = pick_shape(chance, 1, 4)
    axis = int(chance.integers(0, len(shape)))
    batch_rank = int(chance.integers(0, axis + 1))
    chosen = (*shape[:batch_rank], *pick_shape(chance, 0, 2))
    positions = chance.integers(0, shape[axis], chosen).astype("<i4")
    graph = Graph("GATHER")
    x = add_input(graph, chance, element, shape)
    values = (pick_values(chance, element, shape), positions)
    constant = bool(chance.integers(2)) and positions.ndim > 0
    place = graph.constant("p", positions) if constant else graph.input("p", "i32", chosen)
    options = {"axis": axis - len(shape) * int(chance.integers(2)), "batch_dims": batch_rank}
    graph.output(graph.op("GATHER", [x, place], **options))
    label = f"GATHER {shape} {chosen} {options}"
    return Case(label, graph.to_bytes(), values[:1] if constant else values)


def space_to_depth(chance: Chance, element: str) -> Case:
    """SPACE_TO_DEPTH or DEPTH_TO_SPACE."""
    size = int(chance.integers(1, 4))
    count, height, width, channels = (int(one) for one in chance.integers(1, 5, 4))
    op = str(chance.choice(["SPACE_TO_DEPTH", "DEPTH_TO_SPACE"]))
    shape = (count, height * size, width * size, channels)
    if op == "DEPTH_TO_SPACE":
        shape = (count, height, width, channels * size * size)
    graph = Graph(op)
    x = add_input(graph, chance, element, shape)
    options: dict[str, object] = {"block_size": size}
    return finish(graph, op, [x], pick_values(chance, element, shape), None, options)


def reshape(chance: Chance, element: str) -> Case:
    """RESHAPE of what comparisons, ARG_MAX and CAST give."""
    shape = pick_shape(chance, 1, 4)
    graph = Graph("RESHAPE")
    tensors = [graph.input("x", element, shape), add_list(graph, -1, shape[-1])]
    return finish(graph, "RESHAPE", tensors, pick_values(chance, element, shape), None, {})


def resize(op: str) -> Generator:
    """The generator of a resizing op: larger and smaller, corners aligned or pixels centred."""

    def generate(chance: Chance, element: str) -> Case:
        shape = (int(chance.integers(1, 3)), *map(int, chance.integers(1, 9, 3)))
        size = [int(one) for one in chance.integers(1, 20, 2)]
        kind = int(chance.integers(3))
        graph = Graph(op)
        x = add_input(graph, chance, element, shape)
        options: dict[str, object] = {
            "align_corners": int(kind == 1), "half_pixel_centers": int(kind == 2)
        }  # fmt: skip
        values = pick_values(chance, element, shape)
        return finish(graph, op, [x, add_list(graph, *size)], values, None, options)

    generate.__name__ = op.lower()
    return generate


GENERATED: list[tuple[Generator, str]] = [
    *((transpose, element) for element in ("i8", "f32", "i16")),
    *((cut, element) for element in ("i8", "f32", "i16", "i32")),
    *((strided_slice, element) for element in ("i8", "f32", "i16", "i32", "bool")),
    *((split, element) for element in ("i8", "f32", "i16", "i32")),
    *((pack, element) for element in ("i8", "f32", "i32", "i64")),
    *((unpack, element) for element in ("i8", "f32", "i32")),
    *((gather, element) for element in ("i8", "f32")),
    *((space_to_depth, element) for element in ("i8", "f32")),
    *((reshape, element) for element in ("bool", "i16", "i32")),
    *((resize("RESIZE_NEAREST_NEIGHBOR"), element) for element in ("i8", "f32", "i16")),
    *((resize("RESIZE_BILINEAR"), element) for element in ("i8", "f32")),
]
