"""What feeding does when the board falls back, against a peer that acts it out."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runicd.client import Client
from runicd.errors import LinkClosed, LinkError
from runicd.feed import feed_sources
from runicd.links.memory import MemoryLink
from runicd.sim.sensors import Sources
from runicos.contract import errors as codes
from tests.host.peer import Failure, Peer

DATA = bytes(range(256)) * 40


class Flash:
    """What a board has of one file; it is restarted at the requests whose numbers are given.

    All but the first `kept` bytes are lost then, as where flash was not written to yet.
    """

    def __init__(self, restarts: Callable[[int], bool], kept: int) -> None:
        self.data = b""
        self._restarts = restarts
        self._kept = kept
        self._pieces = 0

    def answer(self, given: dict[str, Any]) -> object:
        if "file" not in given:
            return {}
        self._pieces += 1
        if self._restarts(self._pieces):
            self.data = self.data[: self._kept]
            raise LinkClosed("the board went away")
        if given["offset"] != len(self.data):
            return Failure(codes.FEED_ORDER, given["file"], len(self.data))
        self.data += given["data"]
        return {"size": len(self.data)}


def feed(flash: Flash, folder: Path) -> list[tuple[int, int]]:
    """Feed the data; return what the progress was told."""
    peer = Peer()
    peer.answers["feed"] = flash.answer
    path = folder / "a.raw"
    path.write_bytes(DATA)
    told: list[tuple[int, int]] = []
    client = Client(lambda: MemoryLink(peer))
    feed_sources(client, Sources(raw=(path,)), progress=lambda *now: told.append(now))
    return told


def test_a_board_that_lost_what_it_had_not_written_gets_it_again(tmp_path: Path) -> None:
    flash = Flash(lambda number: number == 4, kept=2048)
    told = feed(flash, tmp_path)
    assert flash.data == DATA
    assert [done for done, _ in told] == [0, 2048, 4096, 6144, 2048, 4096, 6144, 8192, 10_240]


def test_a_board_that_restarts_again_and_again_is_given_up(tmp_path: Path) -> None:
    flash = Flash(lambda number: number % 4 == 3, kept=0)
    with pytest.raises(LinkError, match="the board has other bytes than were sent"):
        feed(flash, tmp_path)
