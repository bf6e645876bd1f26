"""Pieces that lie in each other: nothing is moved or lost, and the arena is as planned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from runicd.model.arena import align, plan_arena
from runicd.model.read_tflite import read_tflite
from runicd.model.sharing import share
from runicd.model.write_tflite import Graph
from tests.board import run_ok
from tests.native.nn_batch import Case, compare
from tests.native.nn_cases import pick_values
from tests.native.nn_cases_shapes import add_list, more_results
from tests.native.test_nn_random_networks import ARENA_SCRIPT

SHAPE = (1, 8, 4, 4)
BYTES = 128
HALF = (1, 4, 4, 4)
RUNS = 3


def start(shape: tuple[int, ...] = SHAPE) -> tuple[Graph, int]:
    graph = Graph("views")
    return graph, graph.input("x", "i8", shape, 0.05, 3)


def relu(graph: Graph, tensor: int) -> int:
    return graph.op("RELU", [tensor], 0.05, -4)


def rows(graph: Graph, tensor: int, begin: int, count: int) -> int:
    """A SLICE along the height."""
    _, _, width, channels = graph._tensors[tensor].shape
    lists = [add_list(graph, 0, begin, 0, 0), add_list(graph, 1, count, width, channels)]
    return graph.op("SLICE", [tensor, *lists])


def halves(graph: Graph, tensor: int) -> tuple[int, ...]:
    tensors = [tensor, add_list(graph, 4, 4), add_list(graph, 1)]
    graph.op("SPLIT_V", tensors, shape=HALF, num_splits=2)
    return more_results(graph, [HALF])


def padded(graph: Graph, tensor: int, before: int, after: int) -> int:
    amounts = np.array([[0, 0], [before, after], [0, 0], [0, 0]], "i4")
    return graph.op("PAD", [tensor, graph.constant("p", amounts)])


def pieces_of_an_input_that_are_outputs() -> tuple[Graph, int]:
    graph, x = start()
    graph.output(*halves(graph, x))
    return graph, BYTES


def several_readers_of_each_piece() -> tuple[Graph, int]:
    """Whoever comes first may not write over what the others, or those of the whole, read."""
    graph, x = start()
    whole = relu(graph, x)
    upper, lower = halves(graph, whole)
    middle = rows(graph, whole, 2, 4)
    first = graph.op("ADD", [upper, middle], 0.07, 2)
    second = graph.op("ADD", [lower, middle], 0.07, 2)
    both = graph.op("CONCATENATION", [first, second], 0.07, 2, axis=1)
    third = graph.op("ADD", [whole, both], 0.1, 0)
    graph.output(third, upper)
    return graph, 2 * BYTES


def the_last_reader_writes_over_its_piece() -> tuple[Graph, int]:
    graph, x = start()
    piece = rows(graph, relu(graph, x), 2, 4)
    graph.output(relu(graph, relu(graph, piece)))
    return graph, BYTES


def pieces_of_a_constant() -> tuple[Graph, int]:
    """A constant is nobody's to write: its pieces are copies."""
    graph, x = start(HALF)
    values = np.arange(-64, 64).astype("i1").reshape(SHAPE)
    constant = graph.constant("c", values, 0.05, 3)
    upper = rows(graph, constant, 0, 4)
    graph.output(relu(graph, upper), graph.op("ADD", [x, upper], 0.07, 2))
    return graph, 3 * BYTES // 2


def a_small_piece_that_outlives_a_large_whole() -> tuple[Graph, int]:
    """Keeping all of the whole alive for it would take more."""
    graph, x = start()
    piece = rows(graph, relu(graph, x), 7, 1)
    other = graph.input("y", "i8", SHAPE, 0.05, 3)
    turned = graph.op("TRANSPOSE", [other, add_list(graph, 0, 2, 1, 3)])
    graph.output(piece, graph.op("RESHAPE", [turned, add_list(graph, *SHAPE)]))
    return graph, 2 * BYTES + 16


def an_image_with_a_border() -> tuple[Graph, int]:
    graph, x = start()
    graph.output(relu(graph, padded(graph, relu(graph, x), 2, 1)))
    return graph, 11 * 16


def one_image_with_two_borders() -> tuple[Graph, int]:
    """It can lie in one of them only."""
    graph, x = start()
    image = relu(graph, x)
    graph.output(padded(graph, image, 1, 0), padded(graph, image, 0, 3))
    return graph, (9 + 11) * 16


def a_border_at_no_whole_word() -> tuple[Graph, int]:
    graph, x = start((1, 4, 3, 3))
    graph.output(padded(graph, x, 1, 1))
    return graph, 48 + 64


def layers_unpacked_and_packed() -> tuple[Graph, int]:
    graph, x = start((2, 4, 4, 4))
    graph.op("UNPACK", [relu(graph, x)], shape=HALF[1:], axis=0, num=2)
    one, other = more_results(graph, [HALF[1:]])
    graph.output(graph.op("PACK", [relu(graph, other), relu(graph, one)], axis=0, values_count=2))
    return graph, 2 * BYTES


def twice_the_same_in_a_row() -> tuple[Graph, int]:
    graph, x = start()
    one = relu(graph, x)
    graph.output(graph.op("CONCATENATION", [one, one], 0.05, -4, axis=1))
    return graph, 2 * BYTES


def columns_that_move_down() -> tuple[Graph, int]:
    """What is left of each row goes where the input was, below where it is read."""
    graph, x = start()
    lists = [add_list(graph, *numbers) for numbers in ((0, 0, 1, 0), (1, 8, 4, 4), (1, 1, 2, 1))]
    graph.output(graph.op("STRIDED_SLICE", [relu(graph, x), *lists]))
    return graph, BYTES


def columns_that_are_turned_around() -> tuple[Graph, int]:
    graph, x = start()
    lists = [add_list(graph, *numbers) for numbers in ((0, 0, 3, 0), (1, 8, -5, 4), (1, 1, -1, 1))]
    graph.output(graph.op("STRIDED_SLICE", [relu(graph, x), *lists]))
    return graph, 2 * BYTES


def a_turn_of_one_row() -> tuple[Graph, int]:
    graph, x = start((1, 1, 8, 16))
    graph.output(graph.op("TRANSPOSE", [relu(graph, x), add_list(graph, 0, 2, 1, 3)]))
    return graph, BYTES


NETWORKS = (
    pieces_of_an_input_that_are_outputs, several_readers_of_each_piece,
    the_last_reader_writes_over_its_piece, pieces_of_a_constant,
    a_small_piece_that_outlives_a_large_whole, an_image_with_a_border,
    one_image_with_two_borders, a_border_at_no_whole_word, layers_unpacked_and_packed,
    twice_the_same_in_a_row, columns_that_move_down, columns_that_are_turned_around,
    a_turn_of_one_row,
)  # fmt: skip


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.__name__)
def test_results_and_arena(network: object, tmp_path: Path) -> None:
    graph, arena_bytes = network()  # type: ignore[operator]
    model = graph.to_bytes()
    parsed = read_tflite(model)
    chance = np.random.default_rng(3)
    runs = [
        tuple(pick_values(chance, "i8", parsed.tensors[index].shape) for index in parsed.inputs)
        for _ in range(RUNS)
    ]
    case = Case(network.__name__, model, runs[0], len(parsed.outputs), tuple(runs[1:]))  # type: ignore[attr-defined]
    assert compare([case], tmp_path) > 0
    assert int(run_ok(ARENA_SCRIPT, tmp_path, "1")) == arena_bytes
    assert plan_arena(parsed).arena_bytes == arena_bytes


def test_pieces_lie_where_they_are_cut() -> None:
    graph, x = start()
    upper, lower = halves(graph, x)
    middle = rows(graph, lower, 1, 2)
    graph.output(relu(graph, upper), relu(graph, middle))
    parts = share(read_tflite(graph.to_bytes())).parts
    assert (parts[upper], parts[lower], parts[middle]) == ((x, 0), (x, 64), (x, 80))


def test_the_image_lies_behind_its_border() -> None:
    graph, x = start()
    whole = padded(graph, x, 2, 1)
    graph.output(whole)
    model = read_tflite(graph.to_bytes())
    assert share(model).parts[x] == (whole, 32)
    assert plan_arena(model).arena_bytes == align(11 * 16)
