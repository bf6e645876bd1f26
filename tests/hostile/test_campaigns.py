"""A board under garbage and failing loads: it neither resets nor grows, and goes on.

RUNIC_GARBAGE_FRAMES and RUNIC_FAILED_LOADS say how many; docs/security.md has the large numbers.
"""

import os
import random
from collections.abc import Iterator

import pytest

from tests.device.sim_board import Client, SimBoard
from tests.hostile.campaigns import fail_to_load, failing_loads, send_garbage
from tests.hostile.casting import good_rune_runs, heap_free

_FRAMES = int(os.environ.get("RUNIC_GARBAGE_FRAMES", "4000"))
_LOADS = int(os.environ.get("RUNIC_FAILED_LOADS", "150"))
_WARM_FRAMES = 1000


@pytest.fixture
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with SimBoard(tmp_path_factory.mktemp("flash")) as board:
        with board.tcp() as client:
            good_rune_runs(client)
            yield client
        assert board.alive()


@pytest.mark.timeout(120 + _FRAMES // 100)
def test_garbage_frames_neither_reset_nor_grow_a_board(client: Client) -> None:
    chance = random.Random(1)
    send_garbage(client, chance, _WARM_FRAMES)
    before = heap_free(client)
    send_garbage(client, chance, _FRAMES)
    assert heap_free(client) >= before
    good_rune_runs(client)


@pytest.mark.timeout(120 + _LOADS)
def test_failed_loads_leave_nothing_behind(client: Client) -> None:
    hostile = failing_loads()
    assert len(hostile) > 50
    for one in hostile:
        fail_to_load(client, one)
    before = heap_free(client)
    # Whole rounds: what was refused last may be kept until the next is.
    for one in hostile * max(1, _LOADS // len(hostile)):
        fail_to_load(client, one)
    assert heap_free(client) >= before
    good_rune_runs(client)
