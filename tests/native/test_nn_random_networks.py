"""Random networks with branches: results equal to the reference, arena to the host's plan."""

from pathlib import Path

import pytest

from runicd.model.arena import plan_arena
from runicd.model.read_tflite import read_tflite
from tests.board import run_ok
from tests.native.nn_batch import compare
from tests.native.nn_growing import random_networks

NETWORKS_EACH = 60
HEAP = "4m"

ARENA_SCRIPT = """
import nn, sys
for number in range(int(sys.argv[2])):
    with open("%s/%d.tflite" % (sys.argv[1], number), "rb") as file:
        print(nn.arena_size(file.read()))
"""


@pytest.mark.parametrize("element", ["i8", "f32"])
def test_network_and_arena(element: str, tmp_path: Path) -> None:
    cases = random_networks(element, NETWORKS_EACH)
    assert compare(cases, tmp_path, HEAP) > NETWORKS_EACH * 10
    printed = run_ok(ARENA_SCRIPT, tmp_path, str(len(cases)), heap=HEAP).split()
    expected = [plan_arena(read_tflite(case.model)).arena_bytes for case in cases]
    assert list(map(int, printed)) == expected
    assert len(set(expected)) > NETWORKS_EACH // 2
