"""nn on the board: slices, turns, splits and sizes that do not fit are refused when loading."""

from pathlib import Path

import numpy as np

from runicd.model.write_tflite import Graph
from tests.board import run_ok
from tests.native.nn_cases_shapes import add_list, add_results, result_like
from tests.native.test_nn_bad_models import load
from tests.native.test_nn_bad_ops import IMAGE, image, one_input

Numbers = tuple[int, ...]
LOW, HIGH = -(2**31), 2**31 - 1


def listed(
    op: str, *lists: Numbers, shape: Numbers = IMAGE, constant: bool = True, **changes: object
) -> bytes:
    """A model of an op whose further inputs are lists of indices."""
    graph, x = image()
    given = [
        add_list(graph, *one) if constant else graph.input("n", "i32", (len(one),))
        for one in lists
    ]
    graph.output(graph.op(op, [x, *given], shape=shape, **changes))  # type: ignore[arg-type]
    return graph.to_bytes()


def strided(
    begin: Numbers = (0, 1), end: Numbers = (1, 3), step: Numbers = (1, 1),
    shape: Numbers = (1, 2, 6, 2), **changes: object,
) -> bytes:  # fmt: skip
    return listed("STRIDED_SLICE", begin, end, step, shape=shape, **changes)


def split(axis: Numbers, *shapes: Numbers, element: str = "f32") -> bytes:
    graph, x = image()
    like = {**result_like(graph, x), "element": element}
    graph.op("SPLIT", [add_list(graph, *axis), x], shape=shapes[0], **like)  # type: ignore[arg-type]
    add_results(graph, list(shapes[1:]))
    return graph.to_bytes()


def split_v(sizes: Numbers, axis: int, *shapes: Numbers) -> bytes:
    graph, x = image()
    graph.op("SPLIT_V", [x, add_list(graph, *sizes), add_list(graph, axis)], shape=shapes[0])
    add_results(graph, list(shapes[1:]))
    return graph.to_bytes()


def unpack(axis: int, *shapes: Numbers) -> bytes:
    graph, x = image()
    graph.op("UNPACK", [x], shape=shapes[0], axis=axis)
    add_results(graph, list(shapes[1:]))
    return graph.to_bytes()


def pack(other: Numbers = IMAGE, shape: Numbers = (2, *IMAGE), **changes: object) -> bytes:
    graph, x = image()
    y = graph.input("y", "f32", other)
    graph.output(graph.op("PACK", [x, y], shape=shape, **changes))  # type: ignore[arg-type]
    return graph.to_bytes()


def gather(
    positions: object, shape: Numbers = (1, 2, 6, 2), dtype: str = "i4", **changes: object
) -> bytes:
    graph, x = image()
    place = graph.constant("p", np.array(positions, dtype))
    settings = {"axis": 1, "shape": shape, **changes}
    graph.output(graph.op("GATHER", [x, place], **settings))  # type: ignore[arg-type]
    return graph.to_bytes()


def resize(
    op: str = "RESIZE_BILINEAR", size: Numbers = (3, 4), shape: Numbers = (1, 3, 4, 2),
    **changes: object,
) -> bytes:  # fmt: skip
    return listed(op, size, shape=shape, **changes)


HALVES = ((1, 3, 6, 2), (1, 3, 6, 2))
CASES = {
    "transpose_rank": (listed("TRANSPOSE", (0, 1, 2)), "TRANSPOSE: the order must be constant"),
    "transpose_input": (listed("TRANSPOSE", (0, 1, 2, 3), constant=False), "must be constant"),
    "transpose_twice": (listed("TRANSPOSE", (0, 1, 1, 3)), "does not name each dimension once"),
    "transpose_low": (listed("TRANSPOSE", (0, 1, 2, LOW)), "does not name each dimension once"),
    "transpose_high": (listed("TRANSPOSE", (0, 1, 2, 4)), "does not name each dimension once"),
    "transpose_out": (listed("TRANSPOSE", (0, 1, 3, 2)), "output shape does not follow from the"),
    "transpose_type": (listed("TRANSPOSE", (0, 1, 2, 3), element="i32"), "differ in type"),
    "slice_outside": (listed("SLICE", (0, 1, 0, 0), (1, 6, 6, 2)), "SLICE: the slice reaches"),
    "slice_negative": (listed("SLICE", (0, -1, 0, 0), (1, 6, 6, 2)), "reaches outside the input"),
    "slice_overflow": (listed("SLICE", (0, HIGH, 0, 0), (1, HIGH, 6, 2)), "reaches outside"),
    "slice_size": (listed("SLICE", (0, 0, 0, 0), (1, -2, 6, 2)), "reaches outside the input"),
    "slice_empty": (listed("SLICE", (0, 0, 0, 0), (1, 0, 6, 2)), "reaches outside the input"),
    "slice_lists": (listed("SLICE", (0, 0, 0), (1, 6, 6)), "begin and size must be constant int"),
    "slice_output": (listed("SLICE", (0, 0, 0, 0), (1, 5, 6, 2)), "output shape does not follow"),
    "strided_zero": (strided(step=(1, 0)), "STRIDED_SLICE: a step is 0"),
    "strided_empty": (strided(begin=(0, 3)), "the slice is empty"),
    "strided_back": (strided(step=(1, -1)), "the slice is empty"),
    "strided_far": (strided(begin=(0, HIGH), end=(1, HIGH)), "the slice is empty"),
    "strided_low": (strided(begin=(0, LOW), end=(1, LOW)), "the slice is empty"),
    "strided_shrunk": (strided(begin=(0, 6), shrink_axis_mask=2), "the slice is empty"),
    "strided_ellipsis": (strided(ellipsis_mask=1), "ellipsis, new axes and ends as offsets"),
    "strided_new_axis": (strided(new_axis_mask=1), "ellipsis, new axes and ends as offsets"),
    "strided_offset": (strided(offset=1), "ellipsis, new axes and ends as offsets"),
    "strided_lists": (strided(end=(1,)), "begin, end and steps must be constant integers"),
    "strided_long": (strided((0,) * 5, (1,) * 5, (1,) * 5), "begin, end and steps must be"),
    "strided_output": (strided(shape=(1, 3, 6, 2)), "output shape does not follow"),
    "split_axis": (split((4,), *HALVES), "SPLIT: axis is out of range"),
    "split_axes": (split((1, 1), *HALVES), "SPLIT: axis must be one constant integer"),
    "split_sum": (split((1,), (1, 3, 6, 2), (1, 2, 6, 2)), "outputs together are not as long"),
    "split_equal": (split((1,), (1, 4, 6, 2), (1, 2, 6, 2)), "SPLIT: outputs differ in length"),
    "split_other": (split((1,), (1, 3, 5, 2), (1, 3, 6, 2)), "differ in type or in another axis"),
    "split_type": (split((1,), *HALVES, element="i32"), "differ in type or in another axis"),
    "split_v_size": (split_v((2, 4), 1, *HALVES), "SPLIT_V: an output is not as long as its size"),
    "split_v_count": (split_v((3,), 1, *HALVES), "sizes must be constant integers, one for each"),
    "split_v_axis": (split_v((3, 3), -5, *HALVES), "SPLIT_V: axis is out of range"),
    "unpack_axis": (unpack(4, (1, 6, 6)), "UNPACK: axis is out of range"),
    "unpack_count": (unpack(3, (1, 6, 6)), "there is not one output for each place on the axis"),
    "unpack_shape": (unpack(3, (1, 6, 6), (1, 6, 5)), "output shape does not follow"),
    "pack_axis": (pack(axis=5), "PACK: axis is out of range"),
    "pack_count": (pack(shape=(3, *IMAGE)), "there is not one input for each place on the axis"),
    "pack_shape": (pack((1, 6, 5, 2)), "output shape does not follow from inputs and axis"),
    "gather_high": (gather([0, 6]), "GATHER: a position is outside the axis"),
    "gather_low": (gather([0, -1]), "GATHER: a position is outside the axis"),
    "gather_type": (gather([0, 1], dtype="i8"), "GATHER: positions must be int32"),
    "gather_axis": (gather([0, 1], axis=4), "axis or batch dimensions are out of range"),
    "gather_batch": (gather([0, 1], batch_dims=2), "axis or batch dimensions are out of range"),
    "gather_batches": (gather([[0, 1]] * 2, batch_dims=1), "output shape does not follow"),
    "gather_output": (gather([0, 1, 2]), "GATHER: output shape does not follow"),
    "block_zero": (one_input("SPACE_TO_DEPTH", block_size=0), "block size is below 1"),
    "block_huge": (one_input("SPACE_TO_DEPTH", block_size=HIGH), "output shape does not follow"),
    "block_rank": (one_input("DEPTH_TO_SPACE", shape=(6, 6), block_size=1), "have 4 dimensions"),
    "block_output": (one_input("DEPTH_TO_SPACE", block_size=2), "output shape does not follow"),
    "resize_size": (resize(size=(3, 5)), "RESIZE_BILINEAR: output shape does not follow"),
    "resize_input": (resize(constant=False), "size must be two constant integers"),
    "resize_three": (resize(size=(3, 4, 2)), "size must be two constant integers"),
    "resize_both": (
        resize("RESIZE_NEAREST_NEIGHBOR", align_corners=1, half_pixel_centers=1),
        "RESIZE_NEAREST_NEIGHBOR: corners cannot be aligned with half pixel centers",
    ),
    "resize_long": (resize(size=(1 << 20, 1), shape=(1, 1 << 20, 1, 2)), "a side is longer than"),
    "resize_type": (resize(element="i32"), "must have 4 dimensions and one type"),
}  # fmt: skip


def test_the_models_those_are_made_from_are_good(tmp_path: Path) -> None:
    good = [
        listed("TRANSPOSE", (0, 1, 2, -1)),
        listed("SLICE", (0, 0, 0, 0), (1, -1, 6, 2)),
        strided(),
        split((1,), *HALVES),
        split_v((3, -1), -3, *HALVES),
        unpack(3, (1, 6, 6), (1, 6, 6)),
        pack(),
        gather([0, 5]),
        one_input("SPACE_TO_DEPTH", block_size=2, shape=(1, 3, 3, 8)),
        resize(),
    ]
    assert load(tmp_path, *good) == ["ok"] * len(good)


def test_a_computed_position_outside_counts_as_the_nearest(tmp_path: Path) -> None:
    graph = Graph()
    x = graph.input("x", "i8", (3,), 1.0, 0)
    place = graph.input("p", "i32", (3,))
    graph.output(graph.op("GATHER", [x, place]))
    (tmp_path / "model").write_bytes(graph.to_bytes())
    script = """
import nn, sys
model = nn.Model(open(sys.argv[1], "rb").read())
for i in range(3):
    model.input(0)[i] = 10 + i
    model.input(1)[i] = (-2147483648, 1, 2147483647)[i]
model.invoke()
print(list(model.output(0)))
"""
    assert run_ok(script, tmp_path / "model") == "[10, 11, 12]\n"
