"""Hostile Runes on a board: each is stopped by name, the board answers, the next Rune runs."""

from collections.abc import Iterator

import pytest

from tests.board import firmware_path
from tests.device.runes import sample
from tests.device.sim_board import Client, SimBoard
from tests.hostile import corpus
from tests.hostile.casting import assert_stopped, cast_and_call, good_rune_runs, heap_free, remove

HOSTILE = corpus.read_all()


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimBoard]:
    sound = sample("microspeech", "up_f3.wav")
    with SimBoard(tmp_path_factory.mktemp("flash"), "--sound", sound) as board:
        yield board


@pytest.fixture
def client(board: SimBoard) -> Iterator[Client]:
    with board.tcp() as client:
        yield client
    assert board.alive()


@pytest.fixture(scope="module")
def free_at_first(board: SimBoard) -> int:
    """Return what the heap has free, after a good Rune, a refused one, and memory's very end."""
    with board.tcp() as client:
        for hostile in HOSTILE:
            if hostile.name in ("arena_of_2_gib", "stages_10000"):
                cast_and_call(client, hostile)
                remove(client, hostile.rune)
        good_rune_runs(client)
        return heap_free(client)


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda one: one.name)
def test_it_is_stopped_and_the_board_goes_on(
    client: Client, hostile: corpus.Hostile, free_at_first: int
) -> None:
    assert_stopped(client, hostile)
    good_rune_runs(client)


@pytest.mark.skipif(
    "asan" in str(firmware_path()), reason="sanitisers leave old pointers on the C stack"
)
def test_after_all_of_them_the_heap_is_where_it_was(client: Client, free_at_first: int) -> None:
    assert heap_free(client) >= free_at_first


def test_there_is_one_file_for_each_behaviour() -> None:
    assert len(HOSTILE) >= 160
    texts = [one.text for one in HOSTILE]
    assert len(set(texts)) == len(texts)
