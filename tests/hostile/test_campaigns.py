"""A board under garbage and failing loads: it neither resets nor grows, and goes on.

RUNIC_GARBAGE_FRAMES and RUNIC_FAILED_LOADS say how many; docs/security.md has the large numbers.
"""

import os
import random
from collections.abc import Iterator

import pytest

from tests.device.sim_board import SimBoard
from tests.hostile.campaigns import fail_to_load, failing_loads, send_garbage
from tests.hostile.casting import good_rune_runs, heap_free

_FRAMES = int(os.environ.get("RUNIC_GARBAGE_FRAMES", "4000"))
_LOADS = int(os.environ.get("RUNIC_FAILED_LOADS", "70"))
_WARM_FRAMES = 1000


@pytest.fixture
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimBoard]:
    with SimBoard(tmp_path_factory.mktemp("flash")) as board:
        yield board
        with board.tcp() as client:
            good_rune_runs(client)
        assert board.alive()


def _heap_free(board: SimBoard) -> int:
    with board.tcp() as client:
        client.request("hello")
        return heap_free(client)


@pytest.mark.timeout(120 + _FRAMES // 100)
def test_garbage_frames_neither_reset_nor_grow_a_board(board: SimBoard) -> None:
    chance = random.Random(1)
    send_garbage(board, chance, _WARM_FRAMES)
    before = _heap_free(board)
    send_garbage(board, chance, _FRAMES)
    assert _heap_free(board) >= before


@pytest.mark.timeout(120 + _LOADS)
def test_failed_loads_leave_nothing_behind(board: SimBoard) -> None:
    hostile = failing_loads()
    assert len(hostile) > 50
    with board.tcp() as client:
        for one in hostile:
            fail_to_load(client, one)
        before = heap_free(client)
        # Whole rounds: what was refused last may be kept until the next is.
        for one in hostile * max(1, _LOADS // len(hostile)):
            fail_to_load(client, one)
        assert heap_free(client) >= before
