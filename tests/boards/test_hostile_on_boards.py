"""Hostile Runes on an emulated Cortex-M7, over its serial line: stopped by the same names.

`make test` takes one of each twelve; with RUNIC_HOSTILE=all, as in `make test-boards`, all run.
"""

import os
from collections.abc import Iterator

import pytest

from runicd.feed import feed_sources
from runicd.sim import boards, firmware
from runicd.sim.sensors import Sources
from tests.boards.conftest import USUAL
from tests.boards.emulated import EmulatedBoard
from tests.device.runes import sample
from tests.device.sim_board import Client, SerialLine
from tests.hostile import corpus
from tests.hostile.casting import assert_stopped, good_rune_runs

_EACH = 1 if os.environ.get("RUNIC_HOSTILE") == "all" else 12


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SerialLine]:
    started = EmulatedBoard.start(firmware.find(USUAL))
    with started.client() as client:
        feed_sources(client, Sources(sound=(sample("microspeech", "up_f3.wav"),)))
    yield SerialLine(started.board.pty)
    boards.stop(started.board)


@pytest.fixture(scope="module")
def client(line: SerialLine) -> Iterator[Client]:
    with Client(line) as client:
        yield client


@pytest.mark.parametrize("hostile", corpus.read_all()[::_EACH], ids=lambda one: one.name)
def test_it_is_stopped_and_the_board_goes_on(client: Client, hostile: corpus.Hostile) -> None:
    assert_stopped(client, hostile)
    good_rune_runs(client)
