"""Weights of int4 on the host: two in a byte, read, counted, computed with."""

import numpy as np
import pytest

from runicd.errors import ModelError
from runicd.model.arena import plan_arena, scratch_bytes
from runicd.model.facts import model_facts
from runicd.model.operators import op_rows
from runicd.model.read_tflite import Model, read_tflite
from runicd.model.reference.run import run
from runicd.model.write_tflite import Graph


def dense(weights: np.ndarray[tuple[int, ...], np.dtype[np.int8]]) -> Graph:
    """A FULLY_CONNECTED whose scales are 1."""
    graph = Graph("dense")
    x = graph.input("x", "i8", (1, weights.shape[1]), 1.0)
    graph.output(graph.op("FULLY_CONNECTED", [x, graph.constant("w", weights, 1.0, element="i4")]))
    return graph


def read(weights: list[list[int]]) -> Model:
    """The model of such a layer, read again."""
    return read_tflite(dense(np.array(weights, np.int8)).to_bytes())


def test_two_lie_in_a_byte_the_first_in_its_lower_half() -> None:
    model = read([[1, -2, 7], [-8, 3, 0]])
    weights = model.tensors[1]
    assert (weights.element, weights.size_bytes) == ("i4", 3)
    assert weights.data == bytes([0xE1, 0x87, 0x03])


def test_an_odd_number_of_weights_ends_with_half_a_byte() -> None:
    model = read([[-1, 2, -3]])
    assert model.tensors[1].data == bytes([0x2F, 0x0D])
    (found,) = run(model, [np.array([[10, 20, 30]], np.int8)])
    assert found.tolist() == [[-10 + 40 - 90]]


def test_the_kernel_is_named_by_the_weights() -> None:
    model = read([[1, 2, 3]])
    facts = model_facts(model)
    assert facts.ops == ("FULLY_CONNECTED:int4",)
    assert (facts.parameters, facts.macs) == (3, 3)
    (row,) = op_rows(model)
    assert (row.op, row.constants, row.constant_bytes) == ("FULLY_CONNECTED:int4", 3, 2)


def test_four_rows_are_unpacked_at_once() -> None:
    model = read([[1] * 33] * 9)
    assert scratch_bytes(model, model.ops[0]) == 4 * 33
    (placed,) = plan_arena(model).scratch
    assert placed.size_bytes == 144
    small = read([[1] * 33] * 2)
    assert scratch_bytes(small, small.ops[0]) == 2 * 33


@pytest.mark.parametrize("weights", [np.array([[8]], np.int8), np.array([[1]], np.int16)])
def test_what_is_no_int4_is_not_written(
    weights: np.ndarray[tuple[int, ...], np.dtype[np.int8]],
) -> None:
    with pytest.raises(ModelError, match='"w" is not an array of int8 from -8 to 7'):
        dense(weights)


def test_weights_that_are_cut_short_are_refused() -> None:
    data = bytearray(dense(np.ones((4, 4), np.int8)).to_bytes())
    place = data.index(bytes([0x11] * 8)) - 4
    assert data[place] == 8
    data[place] = 7
    with pytest.raises(ModelError, match='"w" has 7 bytes of data, but its shape needs 8'):
        read_tflite(bytes(data))
