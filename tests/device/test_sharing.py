"""A model that two Runes have lies on flash once; bytes are what counts, whatever hosts claim."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from runicd.cast.shared import models_of
from runicd.runefile.build import build
from runicd.runefile.read_rune import read_rune
from runicos.contract import errors
from tests.device.runes import RUNES, custom, sample
from tests.device.sim_board import Client, SimBoard
from tests.signing import signed

NAME = "microspeech"
SENSORS = ("--sound", str(sample(NAME, "up_f3.wav")))


def rune(name: str) -> bytes:
    """A keyword spotter under another name."""
    return signed(build(RUNES / NAME, name=name, unsigned=True).data)


FIRST, SECOND = rune(NAME), rune("other")
(MODEL,) = models_of(read_rune(SECOND))
SHARED = [[MODEL.offset, MODEL.length]]
OWN_BYTES = len(SECOND) - MODEL.length // 16 * 16


def spacious(flash: Path) -> SimBoard:
    """A board on which both may run at once: of 256 KB they leave too little to be sure."""
    return SimBoard(flash, *SENSORS, heap="320k")


def begin(client: Client, data: bytes = SECOND, **changes: Any) -> Any:
    models = [[MODEL.offset, MODEL.length, MODEL.digest]]
    file = {"name": "other", "size": len(data), "sha256": sha256(data).digest(), "models": models}
    return client.request("begin", **(file | changes))


def send(client: Client, begun: Any, data: bytes = SECOND, end: int | None = None) -> int:
    """Send what the board lacks, up to an offset; return where it goes on."""
    at = int(begun["offset"])
    end = len(data) if end is None else end
    while at < end:
        at = client.send_chunk(begun["upload"], at, data[at : min(at + 1000, end)])
    return at


def share(client: Client) -> Any:
    """Install the second Rune beside the first; return the answer to its commit."""
    client.upload(NAME, FIRST)
    begun = begin(client)
    assert begun["shared"] == SHARED
    assert send(client, begun) == len(SECOND)
    return client.request("commit", upload=begun["upload"])


def versions(client: Client) -> dict[str, int]:
    return {row["name"]: row["own_bytes"] for row in client.request("flash")["versions"]}


def test_a_second_rune_with_the_same_model_stores_it_once(tmp_path: Path) -> None:
    with spacious(tmp_path) as board, board.tcp() as client:
        assert share(client)["flash_written"] == OWN_BYTES
        assert versions(client) == {NAME: len(FIRST), "other": OWN_BYTES}
        for name in (NAME, "other"):
            assert client.request("start", name=name, period_ms=0)["self_test"] == "passed"
            client.request("call", name=name)


def test_both_run_after_a_restart(tmp_path: Path) -> None:
    with spacious(tmp_path) as board, board.tcp() as client:
        share(client)
    with spacious(tmp_path) as board, board.tcp() as client:
        for name in (NAME, "other"):
            client.request("start", name=name, period_ms=0)
            client.request("call", name=name)


def test_the_model_stays_when_the_rune_that_brought_it_goes(tmp_path: Path) -> None:
    with spacious(tmp_path) as board, board.tcp() as client:
        share(client)
        client.request("rm", name=NAME)
    with spacious(tmp_path) as board, board.tcp() as client:
        assert client.request("start", name="other", period_ms=0)["self_test"] == "passed"
        begun = begin(client, FIRST, name=NAME)
        assert begun["shared"] == SHARED
        client.request("abort", upload=begun["upload"])
        client.request("rm", name="other")
    assert not list((tmp_path / "runes").glob("*.body"))


def test_a_new_version_shares_its_own_rune_s_model(tmp_path: Path) -> None:
    newer = signed(build(RUNES / NAME, name="other", release="0.2.0", unsigned=True).data)
    with spacious(tmp_path) as board, board.tcp() as client:
        client.upload("other", SECOND)
        client.request("start", name="other", period_ms=0)
        client.request("call", name="other", count=3)
        begun = begin(client, newer)
        assert begun["shared"] == SHARED
        send(client, begun, newer)
        client.request("commit", upload=begun["upload"])
        assert client.request("start", name="other", period_ms=0)["self_test"] == "passed"
        assert client.request("rollback", name="other")["release"] == "0.1.0"


def test_flash_that_has_room_for_the_rest_alone_is_enough(tmp_path: Path) -> None:
    flash_bytes = str(len(FIRST) + OWN_BYTES + 2000)
    with SimBoard(tmp_path, "--flash-bytes", flash_bytes) as board, board.tcp() as client:
        client.upload(NAME, FIRST)
        assert client.request("facts")["flash_free"] < len(SECOND)
        assert begin(client)["shared"] == SHARED
        code, _ = client.error("begin", name="a", size=len(SECOND), sha256=bytes(32))
        assert code == errors.FLASH_FULL


@pytest.mark.parametrize("at", [0, 500, MODEL.offset - 1, MODEL.offset, -1])
def test_an_upload_that_shares_goes_on_after_a_restart(tmp_path: Path, at: int) -> None:
    end = len(SECOND) + at if at < 0 else at
    with spacious(tmp_path) as board, board.tcp() as client:
        client.upload(NAME, FIRST)
        reached = send(client, begin(client), end=end)
        assert reached == (end if at != MODEL.offset else MODEL.offset + MODEL.length)
    with spacious(tmp_path) as board, board.tcp() as client:
        begun = begin(client)
        assert begun["offset"] == reached
        assert begun["shared"] == SHARED
        send(client, begun)
        client.request("commit", upload=begun["upload"])
        client.request("start", name="other", period_ms=0)


def test_an_upload_that_shares_begins_anew_where_nothing_is_offered(tmp_path: Path) -> None:
    with spacious(tmp_path) as board, board.tcp() as client:
        client.upload(NAME, FIRST)
        send(client, begin(client), end=500)
        begun = begin(client, models=[])
        assert (begun["offset"], begun["shared"]) == (0, [])
        send(client, begun)
        client.request("commit", upload=begun["upload"])
        assert versions(client) == {NAME: len(FIRST), "other": len(SECOND)}


def test_a_model_that_lies_elsewhere_than_on_sixteen_bytes_is_not_shared(tmp_path: Path) -> None:
    unsigned = build(RUNES / NAME, unsigned=True).data
    with spacious(tmp_path) as board, board.tcp() as client:
        client.upload(NAME, signed(unsigned[:8] + custom("x", b"") + unsigned[8:]))
        assert begin(client)["shared"] == []


def test_a_commit_that_fails_costs_the_old_version_nothing(tmp_path: Path) -> None:
    newer = signed(build(RUNES / NAME, name="other", release="0.2.0", unsigned=True).data)
    with spacious(tmp_path) as board, board.tcp() as client:
        client.upload("other", SECOND)
        client.request("start", name="other", period_ms=20)
        begun = begin(client, newer)
        send(client, begun, newer)
        (tmp_path / "runes" / "other.rune.new").mkdir()
        assert client.error("commit", upload=begun["upload"])[0] == errors.STORE_FAILED
        (row,) = client.request("ps")
        assert (row["state"], row["release"], row["last_error"]) == ("running", "0.1.0", None)


def test_a_rune_that_goes_while_another_one_is_sent_leaves_the_model(tmp_path: Path) -> None:
    with spacious(tmp_path) as board, board.tcp() as client:
        client.upload(NAME, FIRST)
        begun = begin(client)
        client.request("rm", name=NAME)
        send(client, begun)
        client.request("commit", upload=begun["upload"])
        assert client.request("start", name="other", period_ms=0)["self_test"] == "passed"


@pytest.mark.parametrize(
    "models",
    [
        [[MODEL.offset + 16, MODEL.length, MODEL.digest]],
        [[0, MODEL.length, MODEL.digest]],
        [[(len(SECOND) - MODEL.length) // 16 * 16, MODEL.length, MODEL.digest]],
        [[MODEL.offset, MODEL.length, MODEL.digest]] * 2,
    ],
)
def test_a_claim_that_is_wrong_installs_nothing(tmp_path: Path, models: list[list[Any]]) -> None:
    with spacious(tmp_path) as board, board.tcp() as client:
        client.upload(NAME, FIRST)
        begun = begin(client, models=models)
        if begun["shared"] != SHARED:
            send(client, begun)
            code, _ = client.error("commit", upload=begun["upload"])
            assert code == errors.HASH_MISMATCH
        assert [row["name"] for row in client.request("ps")] == [NAME]
        client.request("start", name=NAME, period_ms=0)


@pytest.mark.parametrize(
    "models",
    [7, [7], [[]], [[0, 16]], [[0, 16, b"x"]], [["0", 16, bytes(32)]], [[-1, 1, bytes(32)]]],
)
def test_models_that_make_no_sense_are_refused(tmp_path: Path, models: Any) -> None:
    with spacious(tmp_path) as board, board.tcp() as client:
        file = {"name": "other", "size": 10, "sha256": bytes(32)}
        assert client.error("begin", models=models, **file)[0] == errors.BAD_REQUEST


def test_another_model_is_not_shared(tmp_path: Path) -> None:
    with spacious(tmp_path) as board, board.tcp() as client:
        client.upload(NAME, FIRST)
        digest = bytes(32)
        assert begin(client, models=[[MODEL.offset, MODEL.length, digest]])["shared"] == []
        assert (
            begin(client, models=[[MODEL.offset, MODEL.length - 1, MODEL.digest]])["shared"] == []
        )
