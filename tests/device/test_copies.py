"""`chunks` and `copy` on a board: what it has serves an upload, and bad orders change nothing."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from runicd.cast.chunks import chunks
from runicos.contract import errors
from tests.device.runes import stock, with_manifest
from tests.device.sim_board import BoardError, Client, SimBoard

OLD = stock("microspeech")
NEW = with_manifest(OLD, release="9.0.0")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        client.upload("microspeech", OLD)
        yield client


def begin(client: Client, data: bytes) -> int:
    begun = client.request(
        "begin", name="microspeech", size=len(data), sha256=sha256(data).digest()
    )
    return int(begun["upload"])


def copy(client: Client, **changes: Any) -> int:
    order = {"at": 0, "name": "microspeech", "offset": 0, "length": 1000} | changes
    return int(client.request("copy", **order)["offset"])


def test_the_board_lists_its_runes_as_the_host_cuts_them(client: Client) -> None:
    found, offset = b"", 0
    while offset < len(OLD):
        answer = client.request("chunks", name="microspeech", offset=offset)
        assert (answer["sha256"], answer["bytes"]) == (sha256(OLD).digest(), len(OLD))
        found, offset = found + answer["chunks"], answer["next"]
    assert found == b"".join(one.length.to_bytes(2, "little") + one.digest for one in chunks(OLD))


def test_copies_and_chunks_together_are_the_new_file(client: Client) -> None:
    upload, at = begin(client, NEW), 0
    common = next(n for n in range(len(OLD)) if OLD[n] != NEW[n])
    while at < common:
        at = copy(client, upload=upload, at=at, offset=at, length=common - at)
    while at < len(NEW):
        at = client.send_chunk(upload, at, NEW[at : at + 1000])
    answer = client.request("commit", upload=upload)
    assert (answer["sha256"], answer["flash_written"]) == (sha256(NEW).digest(), len(NEW))
    assert client.request("ps")[0]["release"] == "9.0.0"


def test_a_copy_that_is_repeated_or_early_adds_nothing(client: Client) -> None:
    upload = begin(client, NEW)
    assert copy(client, upload=upload) == 1000
    assert copy(client, upload=upload) == 1000
    assert copy(client, upload=upload, at=5000) == 1000
    assert copy(client, upload=upload, at=1000, offset=1000) == 2000


def test_a_large_copy_stops_so_that_others_are_served(client: Client) -> None:
    assert copy(client, upload=begin(client, NEW), length=40_000) == 16_384


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"offset": len(OLD) - 999}, errors.BAD_REQUEST),
        ({"offset": 1_000_000_000}, errors.BAD_REQUEST),
        ({"length": 1_000_000_000}, errors.BAD_REQUEST),
        ({"length": len(NEW) + 1}, errors.BAD_REQUEST),
        ({"length": -1}, errors.BAD_REQUEST),
        ({"name": "other"}, errors.NO_SUCH_RUNE),
        ({"name": "../runes/microspeech"}, errors.NO_SUCH_RUNE),
        ({"upload": 999}, errors.NO_SUCH_UPLOAD),
    ],
)
def test_a_bad_copy_changes_nothing(client: Client, changes: dict[str, Any], code: int) -> None:
    upload = begin(client, NEW)
    with pytest.raises(BoardError) as refused:
        copy(client, **({"upload": upload} | changes))
    assert refused.value.code == code
    assert copy(client, upload=upload) == 1000


def test_without_an_upload_nothing_is_copied(client: Client) -> None:
    with pytest.raises(BoardError) as refused:
        copy(client, upload=1)
    assert refused.value.code == errors.NO_SUCH_UPLOAD


def test_a_copy_of_the_wrong_bytes_is_refused_at_the_end(client: Client) -> None:
    """As after two chunks that agree in their hash's beginning."""
    upload, at = begin(client, OLD), 0
    while at < 10_000:
        at = copy(client, upload=upload, at=at, offset=at + 1, length=10_000 - at)
    while at < len(OLD):
        at = client.send_chunk(upload, at, OLD[at : at + 1000])
    with pytest.raises(BoardError) as refused:
        client.request("commit", upload=upload)
    assert refused.value.code == errors.HASH_MISMATCH
    assert client.request("ps")[0]["sha256"] == sha256(OLD).digest()


@pytest.mark.parametrize("name", ["other", "", "../upload", "microspeech.rune"])
def test_chunks_of_what_is_no_rune_are_refused(client: Client, name: str) -> None:
    with pytest.raises(BoardError) as refused:
        client.request("chunks", name=name)
    assert refused.value.code == errors.NO_SUCH_RUNE


def test_chunks_from_beyond_the_end_are_refused(client: Client) -> None:
    with pytest.raises(BoardError) as refused:
        client.request("chunks", name="microspeech", offset=len(OLD) + 1)
    assert refused.value.code == errors.BAD_REQUEST
    assert client.request("chunks", name="microspeech", offset=len(OLD))["chunks"] == b""
