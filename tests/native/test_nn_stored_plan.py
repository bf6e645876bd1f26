"""Plans that files bring along, on the board: taken where they hold, harmless where they lie."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from runicd.model.arena import ArenaPlan, plan_arena
from runicd.model.offline_plan import search, with_plan
from runicd.model.read_tflite import read_tflite
from tests.board import run_ok
from tests.native.nn_batch import Case, compare, run_board
from tests.native.nn_cases import Chance
from tests.native.nn_growing import random_networks

NETWORKS = 20
HEAP = "4m"

ARENA_SCRIPT = """
import nn, sys
for number in range(int(sys.argv[2])):
    with open("%s/%d.tflite" % (sys.argv[1], number), "rb") as file:
        print(nn.arena_size(file.read()))
"""


def lie(plan: ArenaPlan, chance: Chance) -> ArenaPlan:
    """The plan with some tensors elsewhere: most such plans overlap what is alive."""
    moved = list(plan.placements)
    for _ in range(int(chance.integers(1, 4))):
        place = int(chance.integers(len(moved)))
        choices = [-1, 0, 8, -16, 1 << 30, moved[place].offset - 16, moved[place].offset + 16]
        moved[place] = replace(moved[place], offset=int(chance.choice(choices)))
    return replace(plan, placements=tuple(moved))


def check(cases: list[Case], folder: Path) -> list[int]:
    """Results as the reference's, arenas as the host's; returns the arenas."""
    assert compare(cases, folder, HEAP) > NETWORKS
    printed = run_ok(ARENA_SCRIPT, folder, str(len(cases)), heap=HEAP).split()
    expected = [plan_arena(read_tflite(case.model)).arena_bytes for case in cases]
    assert list(map(int, printed)) == expected
    return expected


def test_better_plans_are_taken(tmp_path: Path) -> None:
    cases = random_networks("i8", NETWORKS)
    models = [read_tflite(case.model) for case in cases]
    plans = [search(model) for model in models]
    planned = [
        replace(case, model=with_plan(case.model, plan))
        for case, plan in zip(cases, plans, strict=True)
    ]
    assert check(planned, tmp_path) == [plan.arena_bytes for plan in plans]
    assert any(
        plan.arena_bytes < plan_arena(model).arena_bytes
        for model, plan in zip(models, plans, strict=True)
    )


def test_plans_that_lie_change_no_result(tmp_path: Path) -> None:
    chance = np.random.default_rng(9)
    cases = random_networks("i8", NETWORKS)
    own = [plan_arena(read_tflite(case.model)).arena_bytes for case in cases]
    lying = []
    for case in cases:
        plan = lie(search(read_tflite(case.model)), chance)
        lying.append(replace(case, model=with_plan(case.model, plan)))
    folder = tmp_path / "lying"
    folder.mkdir()
    expected = [plan_arena(read_tflite(case.model)).arena_bytes for case in lying]
    assert all(one <= other for one, other in zip(expected, own, strict=True))
    # The reference believes what it reads, so the board is compared with itself.
    assert run_board(lying, folder, HEAP) == run_board(cases, tmp_path, HEAP)
