"""The upload's window: loss, repetition, resumption, refusal and a board that goes away."""

import hashlib
import os
import random
import time
from collections.abc import Callable

import pytest

from runicd.cast import upload as uploads
from runicd.cast.shared import Model
from runicd.cast.upload import upload
from runicd.cast.ways import whole
from runicd.client import Client
from runicd.errors import BoardError, LinkClosed, LinkTimeout
from runicd.links.memory import MemoryLink
from runicos.contract import errors as codes
from runicos.contract import wire
from tests.host.peer import Failure, Peer, error

DATA = os.urandom(5050)


def quiet(done: int, total: int) -> None:
    pass


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> Peer:
    monkeypatch.setattr(uploads, "_QUIET_S", 0.02)
    monkeypatch.setattr(uploads, "_STALLED_S", 0.2)
    peer = Peer()
    peer.answers["begin"] = lambda _: {"upload": 7, "offset": len(peer.received), "shared": []}
    return peer


def test_everything_arrives_in_order_and_is_committed(peer: Peer) -> None:
    told: list[tuple[int, int]] = []
    client = Client(lambda: MemoryLink(peer))
    uploaded = upload(
        client, "a", DATA, whole(DATA), lambda done, total: told.append((done, total))
    )
    assert bytes(peer.received) == DATA
    assert (uploaded.resumed_bytes, uploaded.sent_bytes) == (0, len(DATA))
    assert peer.chunks == 51
    begin = peer.requests[1]
    digest = hashlib.sha256(DATA).digest()
    assert begin == ("begin", {"name": "a", "size": 5050, "sha256": digest})
    assert peer.requests[-1] == ("commit", {"upload": 7})
    assert told[0] == (0, 5050)
    assert told[-1] == (5050, 5050)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_the_period_of_what_may_wait_goes_with_the_commit(peer: Peer) -> None:
    upload(Client(lambda: MemoryLink(peer)), "a", DATA, whole(DATA), quiet, 0)
    assert peer.requests[-1] == ("commit", {"upload": 7, "period_ms": 0})


@pytest.mark.parametrize(
    "arrives",
    [
        lambda number: number != 3,
        lambda number: number % 5 != 0,
        lambda number: random.Random(number).random() > 0.2,
        lambda number: number not in (1, 2, 3, 4),
        lambda number: number % 7 != 6,
    ],
)
def test_lost_chunks_are_sent_again(peer: Peer, arrives: Callable[[int], bool]) -> None:
    peer.chunk_arrives = arrives
    upload(Client(lambda: MemoryLink(peer)), "a", DATA, whole(DATA), quiet)
    assert bytes(peer.received) == DATA


def test_one_lost_chunk_costs_at_most_one_window(peer: Peer) -> None:
    peer.chunk_arrives = lambda number: number != 10
    upload(Client(lambda: MemoryLink(peer)), "a", DATA, whole(DATA), quiet)
    assert peer.chunks <= 51 + 4


def test_lost_acknowledgements_are_made_up_for_by_later_ones(peer: Peer) -> None:
    peer.ack_arrives = lambda number: number % 4 == 0
    upload(Client(lambda: MemoryLink(peer)), "a", DATA, whole(DATA), quiet)
    assert bytes(peer.received) == DATA


def test_never_more_than_the_window_is_on_the_way(peer: Peer) -> None:
    held: list[int] = []

    def receive_none(number: int) -> bool:
        held.append(number)
        return False

    peer.ack_arrives = receive_none
    with pytest.raises(LinkTimeout, match="stopped taking bytes at 0 of 5050; cast again"):
        upload(Client(lambda: MemoryLink(peer)), "a", DATA, whole(DATA), quiet)
    assert len(peer.received) == 400


class SlowLink(MemoryLink):
    """A link on which each chunk is on the way for longer than a fast line is ever silent."""

    CHUNK_S = 0.2

    def __init__(self, peer: Peer) -> None:
        super().__init__(peer)
        self._peer = peer
        self._on_the_way: list[tuple[float, bytes]] = []
        self._free_s = 0.0

    def send(self, data: bytes) -> None:
        takes_s = self.CHUNK_S if data[1:].startswith(wire.stuff(bytes([wire.CHUNK]))) else 0.0
        self._free_s = max(self._free_s, time.monotonic()) + takes_s
        self._on_the_way.append((self._free_s, data))

    def receive(self, timeout_s: float) -> bytes:
        end_s = time.monotonic() + timeout_s
        if not self._on_the_way or self._on_the_way[0][0] > end_s:
            time.sleep(timeout_s)
            return b""
        due_s, data = self._on_the_way.pop(0)
        time.sleep(max(0.0, due_s - time.monotonic()))
        return self._peer(data)


def test_a_line_slower_than_silence_is_told_from_one_that_lost_all(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_QUIET_S", 0.1)
    monkeypatch.setattr(uploads, "_STALLED_S", 1.0)
    link = SlowLink(peer)
    upload(Client(lambda: link), "a", DATA[:1000], whole(DATA[:1000]), quiet)
    assert bytes(peer.received) == DATA[:1000]
    assert peer.chunks == 10 + 1


def test_an_upload_resumes_where_the_board_has_it(peer: Peer) -> None:
    peer.received += DATA[:3030]
    assert (
        upload(Client(lambda: MemoryLink(peer)), "a", DATA, whole(DATA), quiet).resumed_bytes
        == 3030
    )
    assert bytes(peer.received) == DATA
    assert peer.chunks == 21


def test_a_file_that_is_there_whole_is_only_committed(peer: Peer) -> None:
    peer.received += DATA
    assert upload(
        Client(lambda: MemoryLink(peer)), "a", DATA, whole(DATA), quiet
    ).resumed_bytes == len(DATA)
    assert peer.chunks == 0
    assert peer.requests[-1][0] == "commit"


def test_a_second_upload_is_told_that_the_board_is_busy(peer: Peer) -> None:
    peer.answers["begin"] = Failure(codes.BUSY, "the upload of b")
    with pytest.raises(BoardError, match="the board is busy with the upload of b") as caught:
        upload(Client(lambda: MemoryLink(peer)), "a", DATA, whole(DATA), quiet)
    assert caught.value.exit_code == 3
    assert peer.chunks == 0


def test_an_error_in_the_middle_ends_the_upload(peer: Peer) -> None:
    client, link = _with_link(peer)

    def full_at_ten(number: int) -> bool:
        if number == 10:
            link[0].push(error(7, codes.FLASH_FULL, 100, 5050))
        return number < 10

    peer.chunk_arrives = full_at_ten
    with pytest.raises(BoardError, match="100 bytes free in one piece and 5050 are"):
        upload(client, "a", DATA, whole(DATA), quiet)


def test_a_damaged_chunk_is_sent_again(peer: Peer) -> None:
    client, link = _with_link(peer)

    def damaged(number: int) -> bool:
        if number == 10:
            link[0].push(error(0, codes.BAD_FRAME, "checksum"))
        return number != 10

    peer.chunk_arrives = damaged
    upload(client, "a", DATA, whole(DATA), quiet)
    assert bytes(peer.received) == DATA


def test_a_board_that_goes_away_leaves_what_it_has(peer: Peer) -> None:
    client, link = _with_link(peer)

    def cut_at_twenty(number: int) -> bool:
        if number == 20:
            link[0].cut()
        return number < 20

    peer.chunk_arrives = cut_at_twenty
    with pytest.raises(LinkClosed):
        upload(client, "a", DATA, whole(DATA), quiet)
    assert bytes(peer.received) == DATA[:1900]
    assert "commit" not in [verb for verb, _ in peer.requests]


def _with_link(peer: Peer) -> tuple[Client, list[MemoryLink]]:
    links = [MemoryLink(peer)]
    return Client(lambda: links[0]), links


def test_a_file_that_is_shared_whole_is_only_committed(peer: Peer) -> None:
    peer.answers["begin"] = {"upload": 7, "offset": 0, "shared": [[0, len(DATA)]]}
    model = Model(0, len(DATA), hashlib.sha256(DATA).digest())
    client = Client(lambda: MemoryLink(peer))
    uploaded = upload(client, "a", DATA, whole(DATA), quiet, None, [model])
    assert (uploaded.shared_bytes, uploaded.sent_bytes, peer.chunks) == (len(DATA), 0, 0)
    assert peer.requests[-1] == ("commit", {"upload": 7})
