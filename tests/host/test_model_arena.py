"""The arena plan: lifetimes, order, and that nothing alive overlaps without leave."""

from __future__ import annotations

import numpy as np
import pytest

from runicd.model.arena import align, plan_arena, scratch_bytes
from runicd.model.read_tflite import Model, Op, Tensor, read_tflite
from runicd.model.sharing import share
from runicd.model.write_tflite import Graph
from tests.host.model_samples import float_network, int8_network


def computed(size_bytes: int, *, is_variable: bool = False) -> Tensor:
    return Tensor("", "u8", (size_bytes,), (), (), 0, None, is_variable)


def chain(*sizes: int) -> Model:
    tensors = tuple(computed(size) for size in sizes)
    ops = tuple(Op("MEAN", (i,), (i + 1,), {}) for i in range(len(sizes) - 1))
    return Model(tensors, ops, (0,), (len(sizes) - 1,), "", 0)


@pytest.mark.parametrize(("size", "aligned"), [(0, 0), (1, 16), (16, 16), (17, 32)])
def test_align(size: int, aligned: int) -> None:
    assert align(size) == aligned


def test_a_chain_needs_its_widest_pair() -> None:
    assert plan_arena(chain(100, 200, 60, 300, 10)).arena_bytes == align(300) + align(60)


def test_equal_sizes_go_by_last_made_then_index() -> None:
    plan = plan_arena(chain(32, 32, 32))
    assert [(p.tensor, p.offset) for p in plan.placements] == [(0, 0), (1, 32), (2, 0)]
    tensors = tuple(computed(32) for _ in range(3))
    plan = plan_arena(Model(tensors, (Op("MEAN", (0, 1), (2,), {}),), (0, 1), (2,), "", 0))
    assert [(p.tensor, p.offset) for p in plan.placements] == [(0, 32), (1, 64), (2, 0)]


def test_a_second_round_begins_with_what_reached_highest() -> None:
    """Largest first, the two small ones in the middle are pushed on top of each other."""
    assert plan_arena(chain(32, 16, 16, 32)).arena_bytes == 48


def test_a_branch_keeps_its_input_alive() -> None:
    tensors = tuple(computed(64) for _ in range(3))
    ops = (Op("MEAN", (0,), (1,), {}), Op("MEAN", (0, 1), (2,), {}))
    plan = plan_arena(Model(tensors, ops, (0,), (2,), "", 0))
    assert plan.arena_bytes == 3 * 64


def test_an_output_lives_to_the_end() -> None:
    tensors = tuple(computed(64) for _ in range(4))
    ops = tuple(Op("RELU", (i,), (i + 1,), {}) for i in range(3))
    plan = plan_arena(Model(tensors, ops, (0,), (1, 3), "", 0))
    spans = {p.tensor: (p.first, p.last) for p in plan.placements}
    assert spans == {0: (0, 1), 1: (1, 4), 2: (2, 3), 3: (3, 4)}


def test_a_variable_lives_throughout() -> None:
    model = chain(16, 16, 16, 16)
    tensors = (*model.tensors, computed(48, is_variable=True))
    plan = plan_arena(Model(tensors, model.ops, (0,), (3,), "", 0))
    assert plan.placements[4].tensor == 4
    assert (plan.placements[4].first, plan.placements[4].last) == (0, 4)


def test_an_unused_input_and_an_unread_result_have_a_place() -> None:
    tensors = tuple(computed(16) for _ in range(4))
    ops = (Op("RELU", (0,), (2,), {}), Op("RELU", (0,), (3,), {}))
    plan = plan_arena(Model(tensors, ops, (0, 1), (3,), "", 0))
    assert {p.tensor for p in plan.placements} == {0, 1, 2, 3}


def test_constants_take_no_room() -> None:
    model = read_tflite(float_network())
    placed = {p.tensor for p in plan_arena(model).placements}
    assert placed == {i for i, t in enumerate(model.tensors) if not t.is_constant}


def random_model(seed: int) -> Model:
    chance = np.random.default_rng(seed)
    count = 12
    tensors = tuple(computed(int(size)) for size in chance.integers(1, 500, count))
    ops = tuple(
        Op("ADD", tuple(int(i) for i in chance.integers(0, i, 2)), (i,), {})
        for i in range(1, count)
    )
    return Model(tensors, ops, (0,), (count - 1,), "", 0)


@pytest.mark.parametrize("seed", range(40))
def test_tensors_alive_together_never_overlap_but_as_far_as_they_may(seed: int) -> None:
    model = random_model(seed)
    plan, distances = plan_arena(model), share(model).distances
    for one in plan.placements:
        assert one.offset % 16 == 0
        for other in plan.placements:
            together = one.first <= other.last and other.first <= one.last
            if one.tensor != other.tensor and together and other.offset >= one.offset:
                least = distances.get((one.tensor, other.tensor), one.size_bytes)
                assert other.offset - one.offset >= least


@pytest.mark.parametrize("seed", range(40))
def test_the_arena_is_close_to_what_is_alive_at_once(seed: int) -> None:
    """Without sharing, no plan can do with less than the step at which most is alive."""
    model = random_model(seed)
    ops = tuple(Op("MEAN", op.inputs, op.outputs, {}) for op in model.ops)
    plan = plan_arena(Model(model.tensors, ops, model.inputs, model.outputs, "", 0))
    alive = [
        sum(p.size_bytes for p in plan.placements if p.first <= step <= p.last)
        for step in range(len(ops) + 2)
    ]
    assert max(alive) <= plan.arena_bytes <= 1.2 * max(alive)


def test_networks() -> None:
    assert plan_arena(read_tflite(float_network())).arena_bytes == 2 * 576
    # Nine products in a sum: windows of two pixels, as words and as bytes.
    scratch = align(2 * 4 * 12 + 2 * 12)
    assert plan_arena(read_tflite(int8_network())).arena_bytes == 64 + scratch


def conv(element: str, channels: int, filter_shape: tuple[int, ...]) -> Model:
    graph = Graph()
    quant = (0.1, 0) if element == "i8" else ()
    x = graph.input("x", element, (1, 8, 8, channels), *quant)
    values = np.ones(filter_shape, "i1" if element == "i8" else "f4")
    weights = graph.constant("w", values, *([0.1] if element == "i8" else []))
    graph.output(graph.op("CONV_2D", [x, weights], *quant))
    return read_tflite(graph.to_bytes())


@pytest.mark.parametrize(
    ("element", "channels", "filter_shape", "expected"),
    [
        ("i8", 8, (4, 1, 1, 8), 8 * 8),
        ("i8", 7, (4, 1, 1, 7), 8 * 8),
        ("i8", 8, (4, 3, 3, 8), 8 * 72),
        ("i8", 7, (4, 3, 3, 7), 10 * 64),
        ("i8", 8, (4, 3, 3, 4), 0),  # groups
        ("i8", 577, (1, 8, 1, 577), 0),  # too large
        ("f32", 8, (4, 3, 3, 8), 0),
    ],
)
def test_a_convolution_has_scratch_for_two_windows(
    element: str, channels: int, filter_shape: tuple[int, ...], expected: int
) -> None:
    model = conv(element, channels, filter_shape)
    plan = plan_arena(model)
    assert scratch_bytes(model, model.ops[0]) == expected
    assert [one.size_bytes for one in plan.scratch] == ([align(expected)] if expected else [])
    ends = [one.offset + one.size_bytes for one in plan.placements]
    assert all(one.offset == max(ends) for one in plan.scratch)
