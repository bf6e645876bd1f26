"""What of a file is sent: chunks by content, the plan against a board's list, and the copies."""

import hashlib
import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runicd.cast.chunks import CHUNK_MAX_BYTES, CHUNK_MIN_BYTES, chunks
from runicd.cast.delta import Place, Stretch, plan
from runicd.cast.upload import Uploaded, upload
from runicd.client import Client
from runicd.errors import LinkError
from runicd.links.memory import MemoryLink
from tests.host.peer import Peer

OLD = os.urandom(60_000)
HASH_BYTES = 8


@given(st.binary(max_size=20_000), st.integers(1, 64))
def test_chunks_are_the_file_and_within_their_bounds(data: bytes, times: int) -> None:
    file = data * times
    found = list(chunks(file))
    assert b"".join(file[one.offset : one.offset + one.length] for one in found) == file
    for one in found:
        content = file[one.offset : one.offset + one.length]
        assert one.digest == hashlib.sha256(content).digest()[:HASH_BYTES]
        assert one.length <= CHUNK_MAX_BYTES
    assert all(one.length >= CHUNK_MIN_BYTES for one in found[:-1])


@pytest.mark.parametrize("at", [0, 1, 20_000, 59_999])
@pytest.mark.parametrize("inserted", [b"x", os.urandom(3000)])
def test_what_is_inserted_changes_the_chunks_around_it_only(at: int, inserted: bytes) -> None:
    before = {one.digest for one in chunks(OLD)}
    after = list(chunks(OLD[:at] + inserted + OLD[at:]))
    assert sum(one.length for one in after if one.digest not in before) <= (
        len(inserted) + 2 * CHUNK_MAX_BYTES
    )


def entries(data: bytes) -> bytes:
    return b"".join(one.length.to_bytes(2, "little") + one.digest for one in chunks(data))


def listing(runes: dict[str, bytes]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Answer `chunks` as a board does, ten a time."""

    def answer(asked: dict[str, Any]) -> dict[str, Any]:
        data = runes[asked["name"]]
        rest = [one for one in chunks(data) if one.offset >= asked["offset"]][:10]
        found = b"".join(one.length.to_bytes(2, "little") + one.digest for one in rest)
        following = rest[-1].offset + rest[-1].length if rest else len(data)
        sha256 = hashlib.sha256(data).digest()
        return {"sha256": sha256, "bytes": len(data), "chunks": found, "next": following}

    return answer


class BoardWithRunes(Peer):
    """A peer that has Runes, lists them and copies from them."""

    def __init__(self, **runes: bytes) -> None:
        super().__init__()
        self.answers["ps"] = [{"name": name} for name in runes]
        self.answers["chunks"] = listing(runes)
        self.answers["begin"] = lambda _: {"upload": 7, "offset": len(self.received), "shared": []}
        self.answers["copy"] = self._copy
        self.runes = runes
        self.copy_max_bytes = 16_384

    def _copy(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["at"] == len(self.received):
            length = min(asked["length"], self.copy_max_bytes)
            data = self.runes[asked["name"]][asked["offset"] : asked["offset"] + length]
            assert len(data) == length
            self.received += data
        return {"offset": len(self.received)}


def quiet(done: int, total: int) -> None:
    pass


def cast_to(peer: Peer, name: str, data: bytes) -> Uploaded:
    client = Client(lambda: MemoryLink(peer))
    stretches = plan(client, name, data)
    return upload(client, name, data, lambda _: stretches, quiet)


def changed(data: bytes, at: int, count: int) -> bytes:
    return data[:at] + os.urandom(count) + data[at + count :]


def test_a_file_that_is_there_is_copied_in_one_piece() -> None:
    peer = BoardWithRunes(a=OLD)
    client = Client(lambda: MemoryLink(peer))
    assert plan(client, "a", OLD) == (Stretch(0, len(OLD), Place("a", 0)),)
    uploaded = cast_to(peer, "a", OLD)
    assert (uploaded.resumed_bytes, uploaded.sent_bytes) == (0, 0)
    assert bytes(peer.received) == OLD
    assert [asked["at"] for verb, asked in peer.requests if verb == "copy"] == [
        0, 16_384, 32_768, 49_152,
    ]  # fmt: skip


@pytest.mark.parametrize("at", [0, 30_000, 59_000])
def test_only_what_changed_is_sent(at: int) -> None:
    peer = BoardWithRunes(a=OLD)
    new = changed(OLD, at, 1000)
    assert cast_to(peer, "a", new).sent_bytes <= 1000 + 2 * CHUNK_MAX_BYTES
    assert bytes(peer.received) == new


def test_another_rune_with_the_same_content_serves_as_well() -> None:
    peer = BoardWithRunes(other=OLD, small=b"x" * 10)
    new = os.urandom(500) + OLD[5000:]
    assert cast_to(peer, "a", new).sent_bytes <= 500 + 2 * CHUNK_MAX_BYTES
    assert bytes(peer.received) == new


def test_the_rune_of_that_name_goes_before_others() -> None:
    client = Client(lambda: MemoryLink(BoardWithRunes(a=OLD, z=OLD)))
    assert {one.source for one in plan(client, "z", OLD)} == {Place("z", 0)}


def test_a_board_without_runes_gets_all_of_it_and_a_small_file_asks_nothing() -> None:
    peer = BoardWithRunes()
    client = Client(lambda: MemoryLink(peer))
    assert plan(client, "a", OLD) == (Stretch(0, len(OLD), None),)
    asked = len(peer.requests)
    assert plan(client, "a", OLD[:4000]) == (Stretch(0, 4000, None),)
    assert len(peer.requests) == asked


@pytest.mark.parametrize("there", [1, 20_000, 40_000])
def test_a_resumed_upload_goes_on_within_a_copy_or_a_stretch(there: int) -> None:
    peer = BoardWithRunes(a=OLD)
    new = changed(OLD, 20_500, 2000)
    peer.received += new[:there]
    assert cast_to(peer, "a", new).resumed_bytes == there
    assert bytes(peer.received) == new


WRONG: list[dict[str, Any]] = [
    {"chunks": b"", "next": 0},
    {"chunks": b"12345", "next": 3},
    {"chunks": entries(OLD), "next": 17},
    {"chunks": entries(OLD), "next": len(OLD), "bytes": 5},
    {"chunks": bytes(10), "next": 0},
    {"chunks": "text", "next": 0},
    {"chunks": b"", "next": None},
    {"chunks": b"\x01\x00" + bytes(HASH_BYTES), "next": 1},
    {"chunks": entries(OLD), "next": len(OLD), "bytes": 1 << 40},
]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_list_of_chunks_is_an_error_of_ours(wrong: dict[str, Any]) -> None:
    peer = BoardWithRunes(a=OLD)
    peer.answers["chunks"] = {"sha256": bytes(32), "bytes": len(OLD)} | wrong
    with pytest.raises(LinkError):
        plan(Client(lambda: MemoryLink(peer)), "a", OLD)


@pytest.mark.parametrize("answer", [{"offset": 0}, {"offset": 1 << 30}, {"offset": "x"}, {}, None])
def test_a_board_that_copies_nonsense_is_an_error_of_ours(answer: object) -> None:
    peer = BoardWithRunes(a=OLD)
    peer.answers["copy"] = answer
    with pytest.raises(LinkError):
        cast_to(peer, "a", OLD)
    assert "commit" not in [verb for verb, _ in peer.requests]
