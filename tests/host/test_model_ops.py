"""What the host knows of operators beside the layers: kernels' names, multiplications, weights."""

from __future__ import annotations

import numpy as np
import pytest

from runicd.errors import ModelError
from runicd.model.facts import ModelFacts, model_facts
from runicd.model.read_tflite import read_tflite
from runicd.model.write_tflite import Graph

Shape = tuple[int, ...]


def facts_of(
    op: str, inputs: list[Shape | list[int]], shape: Shape | None = None, **options: float | str
) -> ModelFacts:
    """Facts of a model of one op; the last input with a shape is the model's, the rest constants.

    A list stands for indices, a shape for float32.
    """
    graph = Graph(op)
    data = max(i for i, one in enumerate(inputs) if isinstance(one, tuple))
    data = 0 if op not in ("TRANSPOSE_CONV", "SPLIT") else data
    places = []
    for i, one in enumerate(inputs):
        if isinstance(one, list):
            places.append(graph.constant("n", np.array(one, "i4")))
        elif i == data:
            places.append(graph.input("x", "f32", one))
        elif op == "SVDF" and i == len(inputs) - 1:
            places.append(graph.tensor("s", "f32", one, is_variable=True))
        else:
            places.append(graph.constant("w", np.ones(one, "f4")))
    graph.output(graph.op(op, places, shape=shape, **options))  # type: ignore[arg-type]
    return model_facts(read_tflite(graph.to_bytes()))


def test_a_kernel_is_named_by_the_first_input_that_is_data() -> None:
    split = facts_of("SPLIT", [[1], (1, 4)], (1, 4), element="f32")
    conv = facts_of("TRANSPOSE_CONV", [[1, 4, 4, 3], (3, 2, 2, 5), (1, 2, 2, 5)], stride_h=2,
                    stride_w=2)  # fmt: skip
    assert split.ops == ("SPLIT:float32",)
    assert conv.ops == ("TRANSPOSE_CONV:float32",)


def test_multiplications_and_parameters() -> None:
    conv = facts_of("TRANSPOSE_CONV", [[1, 4, 4, 3], (3, 2, 2, 5), (1, 2, 2, 5)], stride_h=2,
                    stride_w=2)  # fmt: skip
    assert (conv.macs, conv.parameters) == (4 * 3 * 2 * 2 * 5, 3 * 2 * 2 * 5)
    matmul = facts_of("BATCH_MATMUL", [(7, 2, 3), (3, 5)])
    assert (matmul.macs, matmul.parameters) == (7 * 2 * 3 * 5, 15)
    turned = facts_of("BATCH_MATMUL", [(7, 3, 2), (5, 3)], adj_x=1, adj_y=1)
    assert turned.macs == 7 * 2 * 3 * 5
    svdf = facts_of("SVDF", [(2, 4), (6, 4), (6, 3), (3,), (2, 18)], (2, 3), rank=2)
    assert (svdf.macs, svdf.parameters) == (2 * (24 + 18), 24 + 18 + 3)
    assert facts_of("MAXIMUM", [(2, 4), (4,)]).macs == 0
    assert facts_of("PRELU", [(2, 4), (4,)]).parameters == 4


@pytest.mark.parametrize(
    ("op", "inputs", "options", "expected"),
    [
        ("TRANSPOSE", [(1, 2, 3), [2, 0, 1]], {}, (3, 1, 2)),
        ("SLICE", [(4, 5), [1, 2], [-1, 2]], {}, (3, 2)),
        ("STRIDED_SLICE", [(6, 5), [0, -1], [5, 0], [2, -2]], {"end_mask": 2}, (3, 3)),
        ("STRIDED_SLICE", [(6, 5, 4), [1, 0], [2, 5], [1, 1]], {"shrink_axis_mask": 1}, (5, 4)),
        ("GATHER", [(6, 5), [1, 1, 0]], {"axis": -1}, (6, 3)),
        ("SPACE_TO_DEPTH", [(1, 4, 6, 3)], {"block_size": 2}, (1, 2, 3, 12)),
        ("DEPTH_TO_SPACE", [(1, 2, 3, 12)], {"block_size": 2}, (1, 4, 6, 3)),
        ("RESIZE_BILINEAR", [(1, 2, 3, 4), [7, 8]], {}, (1, 7, 8, 4)),
        ("SUM", [(2, 3, 4), [1, -1]], {}, (2,)),
        ("ARG_MAX", [(2, 3, 4), [-2]], {}, (2, 4)),
        ("EQUAL", [(2, 1, 4), (3, 1)], {}, (2, 3, 4)),
        ("BATCH_MATMUL", [(3, 1, 4, 2), (5, 2, 6)], {}, (3, 5, 4, 6)),
    ],
)
def test_the_shape_of_a_result(
    op: str, inputs: list[Shape | list[int]], options: dict[str, float], expected: Shape
) -> None:
    graph = Graph(op)
    places = [
        graph.constant("n", np.array(one, "i4")) if isinstance(one, list)
        else graph.input("x", "f32", one)
        for one in inputs
    ]  # fmt: skip
    graph.output(graph.op(op, places, **options))  # type: ignore[arg-type]
    model = read_tflite(graph.to_bytes())
    assert model.tensors[model.outputs[0]].shape == expected


def test_what_does_not_fit_is_told() -> None:
    with pytest.raises(ModelError, match="BATCH_MATMUL does not take inputs of the shapes"):
        facts_of("BATCH_MATMUL", [(7,), (3, 5)])
    with pytest.raises(ModelError, match="TRANSPOSE does not take inputs of the shapes"):
        facts_of("TRANSPOSE", [(7, 2), [0, 2]])
