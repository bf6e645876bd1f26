"""Plans of the arena in a model's file: found, stored beside all else, believed if they hold."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tflite_micro.python.tflite_micro.runtime import Interpreter

from runicd.model.arena import ArenaPlan, plan_arena
from runicd.model.offline_plan import search, with_plan
from runicd.model.read_tflite import Model, read_tflite
from tests.conftest import Command
from tests.host.model_samples import float_network, int8_network
from tests.native.nn_growing import random_networks

NETWORKS = 16
ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "runes/microspeech/microspeech.tflite"
SAMPLES = {"float": float_network(), "int8": int8_network(), "microspeech": MODEL.read_bytes()}


def without_plan(model: Model) -> Model:
    return replace(model, memory_offsets=(), file_bytes=0)


def shifted(plan: ArenaPlan, by: int) -> ArenaPlan:
    moved = tuple(replace(one, offset=one.offset + by) for one in plan.placements)
    return replace(plan, placements=moved)


@pytest.mark.parametrize("name", SAMPLES)
def test_all_else_in_the_file_stays(name: str) -> None:
    data = SAMPLES[name]
    planned = with_plan(data, search(read_tflite(data)))
    assert planned.endswith(data)
    assert (len(planned) - len(data)) % 16 == 0
    assert without_plan(read_tflite(planned)) == without_plan(read_tflite(data))


def test_a_plan_is_stored_as_it_is_and_replaced() -> None:
    data = SAMPLES["microspeech"]
    plan = search(read_tflite(data))
    first = with_plan(data, shifted(plan, 160))
    for file, by in ((first, 160), (with_plan(first, plan), 0)):
        offsets = read_tflite(file).memory_offsets
        assert all(offsets[one.tensor] == one.offset + by for one in plan.placements)
        assert sum(offset == -1 for offset in offsets) == len(offsets) - len(plan.placements)


def test_the_same_model_gives_the_same_plan() -> None:
    model = read_tflite(SAMPLES["microspeech"])
    assert search(model) == search(model)


def test_search_needs_no_more_and_often_less() -> None:
    models = [read_tflite(case.model) for case in random_networks("i8", NETWORKS)]
    own = [plan_arena(model).arena_bytes for model in models]
    found = [search(model).arena_bytes for model in models]
    assert all(one <= other for one, other in zip(found, own, strict=True))
    assert sum(one < other for one, other in zip(found, own, strict=True)) >= 2


def test_apart_nothing_alive_overlaps() -> None:
    model = read_tflite(SAMPLES["float"])
    plan = search(model, apart=True)
    views = {op.outputs[0] for op in model.ops if op.name == "RESHAPE"}
    placed = [one for one in plan.placements if one.tensor not in views]
    for one in placed:
        for other in placed:
            if one.tensor < other.tensor and one.first <= other.last and other.first <= one.last:
                ends = one.offset + one.size_bytes, other.offset + other.size_bytes
                assert ends[0] <= other.offset or ends[1] <= one.offset


@cache
def better_plan() -> tuple[bytes, ArenaPlan, int]:
    """A model, a plan that is better than its own, and the bytes that its own needs."""
    for case in random_networks("i8", NETWORKS):
        model = read_tflite(case.model)
        plan, own = search(model), plan_arena(model).arena_bytes
        if plan.arena_bytes < own:
            return case.model, plan, own
    raise AssertionError("search found nothing better")


def test_a_better_plan_is_taken() -> None:
    data, plan, _ = better_plan()
    assert plan_arena(read_tflite(with_plan(data, plan))) == plan


@pytest.mark.parametrize("by", [1, 8, -16, -(1 << 20), (1 << 31) - 4096])
def test_a_plan_out_of_place_counts_for_nothing(by: int) -> None:
    data, plan, own = better_plan()
    assert plan_arena(read_tflite(with_plan(data, shifted(plan, by)))).arena_bytes == own


def test_a_plan_that_puts_all_in_one_place_counts_for_nothing() -> None:
    data, plan, own = better_plan()
    lie = replace(plan, placements=tuple(replace(one, offset=0) for one in plan.placements))
    assert plan_arena(read_tflite(with_plan(data, lie))).arena_bytes == own


def test_a_plan_that_leaves_one_out_counts_for_nothing() -> None:
    data, plan, own = better_plan()
    lie = replace(plan, placements=plan.placements[1:])
    assert plan_arena(read_tflite(with_plan(data, lie))).arena_bytes == own


@pytest.mark.parametrize(("word", "value"), [(2, 3), (2, -1)], ids=["fewer", "negative"])
def test_a_plan_for_other_tensors_is_none(word: int, value: int) -> None:
    data, plan, own = better_plan()
    planned = bytearray(with_plan(data, plan))
    count = len(read_tflite(data).tensors)
    at = planned.index(struct.pack("<3i", 1, 0, count))
    struct.pack_into("<i", planned, at + 4 * word, value)
    model = read_tflite(bytes(planned))
    assert model.memory_offsets == ()
    assert plan_arena(model).arena_bytes == own


@pytest.mark.parametrize("apart", [False, True])
def test_tensorflow_lite_micro_runs_by_the_plan(apart: bool) -> None:
    data = SAMPLES["microspeech"]
    planned = with_plan(data, search(read_tflite(data), apart=apart))
    chance = np.random.default_rng(3)
    shape = read_tflite(data).tensors[read_tflite(data).inputs[0]].shape
    for _ in range(3):
        given = chance.integers(-128, 128, shape).astype("i1")
        results = []
        for file in (data, planned):
            interpreter = Interpreter.from_bytes(file, arena_size=1 << 16)
            interpreter.set_input(given, 0)
            interpreter.invoke()
            results.append(interpreter.get_output(0))
        assert (results[0] == results[1]).all()


def test_the_command_writes_a_file_that_says_what_it_needs(command: Command) -> None:
    ended = command("model", "plan", MODEL, "-o", "planned.tflite", "--json")
    needed = json.loads(ended.out)["arena_bytes"]
    assert (ended.code, needed) == (0, search(read_tflite(MODEL.read_bytes())).arena_bytes)
    info = json.loads(command("model", "info", "planned.tflite", "--json").out)
    assert info["arena_bytes"] == needed
