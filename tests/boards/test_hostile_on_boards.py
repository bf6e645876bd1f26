"""Hostile Runes on emulated boards: stopped by the same name as on the simulated one.

RUNICD_HOSTILE_EVERY says which share is run; `make soak` runs all.
"""

import os
from collections.abc import Iterator

import pytest

from runicd.feed import feed_sources
from runicd.sim.sensors import Sources
from tests.boards.emulated import EmulatedBoard
from tests.device.runes import sample
from tests.device.sim_board import Client, SerialLine
from tests.hostile import corpus
from tests.hostile.casting import (
    assert_stopped,
    cast_and_call,
    good_rune_runs,
    heap_free,
    remove,
)
from tests.signing import PUBLIC

_EVERY = int(os.environ.get("RUNICD_HOSTILE_EVERY", "20"))
HOSTILE = corpus.read_all()[::_EVERY]


@pytest.fixture(scope="module")
def client(board: EmulatedBoard) -> Iterator[Client]:
    with board.client() as feeder:
        feed_sources(feeder, Sources((sample("microspeech", "up_f3.wav"),)))
    with Client(SerialLine(board.board.pty)) as client:
        client.request("trust", name="tests", public=PUBLIC)
        yield client


@pytest.fixture(scope="module")
def free_at_first(client: Client) -> int:
    """Return what the heap has free after all of them once: names stay, and the last refusal."""
    for hostile in HOSTILE:
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


def test_after_all_of_them_the_heap_is_where_it_was(client: Client, free_at_first: int) -> None:
    assert heap_free(client) >= free_at_first
