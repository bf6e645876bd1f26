"""Versions: a new one is on trial, goes back when it fails, and leaves its place when asked."""

import time
from pathlib import Path
from typing import Any

import pytest

from runicos.contract import cbor, errors
from runicos.contract.sentences import sentence
from tests.device import runes
from tests.device.flash_files import content, files, pointer
from tests.device.runes import EMPTY_CALL, EMPTY_MANIFEST, assembled, stock
from tests.device.sim_board import BoardError, Client, SimBoard
from tests.device.test_boot_guard import ENDLESS_CALL, is_marked, send, wait_until_it_hangs
from tests.signing import signed

GOOD = stock("sine")
NEWER = runes.with_manifest(GOOD, release="0.2.0")
NEWEST = runes.with_manifest(GOOD, release="0.3.0")
TRAPPING_CALL = '(func (export "_call") (param i32 i32 i32) (result i32) unreachable)'


def small(release: str, call: str = EMPTY_CALL) -> bytes:
    return assembled("small", EMPTY_MANIFEST + call, release=release)


def cast(client: Client, name: str, data: bytes, **arguments: Any) -> Any:
    client.upload(name, data)
    return client.request("start", name=name, **({"period_ms": 0} | arguments))


def row(client: Client, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(row for row in client.request("ps") if row["name"] == name)
    return found


def wait_for(client: Client, name: str, **wanted: Any) -> dict[str, Any]:
    """The Rune's row once it says what is wanted."""
    deadline = time.monotonic() + 10
    while True:
        found = row(client, name)
        if all(found[key] == value for key, value in wanted.items()):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def confirmed(client: Client, name: str, data: bytes, **arguments: Any) -> None:
    cast(client, name, data, **arguments)
    client.request("call", name=name, count=3)
    assert row(client, name)["trial"] == 0


def test_a_version_is_confirmed_by_good_calls(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        assert cast(client, "sine", GOOD)["trial"] == 2  # its self-test was the first
        assert pointer(tmp_path, "sine")["trial"] == 3
        client.request("call", name="sine")
        assert row(client, "sine")["trial"] == 1
        client.request("call", name="sine")
        assert row(client, "sine")["trial"] == 0
        assert pointer(tmp_path, "sine")["trial"] == 0
        assert cast(client, "sine", NEWER)["trial"] == 2
        told = row(client, "sine")
        assert (told["release"], told["previous"], told["trial"]) == ("0.2.0", "0.1.0", 2)
    with SimBoard(tmp_path) as board, board.tcp() as client:
        # Cut off in its trial, it is on trial anew.
        assert wait_for(client, "sine", trial=2)["release"] == "0.2.0"


def test_the_board_says_how_many_calls_a_trial_has(tmp_path: Path) -> None:
    with SimBoard(tmp_path, "--limit", "trial_calls=1") as board, board.tcp() as client:
        assert cast(client, "sine", GOOD)["trial"] == 0


def test_a_trap_in_the_trial_brings_the_previous_version_back(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        confirmed(client, "small", small("0.1.0"))
        client.request("start", name="small", period_ms=20)
        cast(client, "small", small("0.2.0", TRAPPING_CALL), period_ms=30)
        told = wait_for(client, "small", release="0.1.0", state="running")
        assert told["went_back"][:2] == ["0.2.0", errors.TRAP]
        assert (told["trial"], told["previous"], told["period_ms"]) == (0, None, 20)
        assert "unreachable" in told["went_back"][2][0]
        records = client.request("logs", name="small")["records"]
        assert any("went back to its version 0.1.0" in record[4] for record in records)
        assert files(tmp_path) == {"small.rune", "small.state", "*.body"}
        assert len(list((tmp_path / "runes").glob("*.body"))) == 1
    with SimBoard(tmp_path) as board, board.tcp() as client:
        assert wait_for(client, "small", state="running")["went_back"][0] == "0.2.0"
        # The next version is judged for itself.
        cast(client, "small", small("0.3.0"))
        assert row(client, "small")["went_back"] is None


def test_a_call_that_fails_is_answered_with_what_became_of_it(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        confirmed(client, "small", small("0.1.0"))
        cast(client, "small", small("0.2.0", TRAPPING_CALL))
        code, arguments = client.error("call", name="small")
        assert code == errors.WENT_BACK
        text = sentence(code, arguments)
        assert text.startswith("small went back to its version 0.1.0, as 0.2.0 failed: ")
        assert text.endswith("unreachable executed at call 1")
        assert client.request("call", name="small", count=2) == {"calls": 2}


def failing_self_test() -> bytes:
    """A version whose golden vector does not hold."""
    wrong = runes.with_manifest(GOOD, release="0.2.0")
    at = wrong.index(b"TFL3")
    weights = bytearray(wrong)
    for place in range(at + 400, at + 1200):
        weights[place] ^= 0x40
    return signed(bytes(weights))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (runes.with_manifest(GOOD, release="0.2.0", abi="7"), errors.REFUSED),
        (failing_self_test(), errors.HASH_MISMATCH),
    ],
)
def test_what_does_not_load_or_is_damaged_costs_nothing(
    tmp_path: Path, data: bytes, code: int
) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        confirmed(client, "sine", GOOD)
        with pytest.raises(BoardError) as caught:
            cast(client, "sine", data)
        told = caught.value
        assert code in (told.code, *told.arguments[3:4])
        assert row(client, "sine")["release"] == "0.1.0"
        assert client.request("call", name="sine") == {"calls": 1}
        assert content(tmp_path, "sine") == GOOD


def wrong_golden(data: bytes) -> bytes:
    """The version whose golden vectors do not hold."""
    section = next(whole for _, name, whole in runes.sections(data) if name == "runic.golden")
    payload = section[section.index(b"runic.golden") + len("runic.golden") :]
    vector = cbor.loads(payload)
    (output,) = vector["outputs"]
    vector["outputs"][output] = [bytes(len(each)) for each in vector["outputs"][output]]
    return runes.with_section(data, "runic.golden", cbor.dumps(vector))


def test_a_failed_self_test_brings_the_previous_version_back(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        confirmed(client, "sine", GOOD)
        client.upload("sine", wrong_golden(NEWER))
        code, arguments = client.error("start", name="sine", period_ms=0)
        assert (code, arguments[:4]) == (
            errors.WENT_BACK,
            ["sine", "0.1.0", "0.2.0", errors.SELF_TEST_FAILED],
        )
        assert client.request("call", name="sine") == {"calls": 1}


def test_a_version_that_hangs_the_board_is_gone_at_the_next_boot(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        good = assembled("hanging", EMPTY_MANIFEST + EMPTY_CALL, release="0.0.9")
        confirmed(client, "hanging", good)
        client.request("start", name="hanging", period_ms=25)
        client.upload("hanging", ENDLESS_CALL)
        send(client, "start", name="hanging", period_ms=10)
        wait_until_it_hangs(board, tmp_path, "hanging")
    with SimBoard(tmp_path) as board, board.tcp() as client:
        told = wait_for(client, "hanging", state="running")
        assert (told["release"], told["period_ms"]) == ("0.0.9", 25)
        assert told["went_back"][1] == errors.NOT_SURVIVED


def test_a_first_version_that_fails_stays_and_says_so(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        cast(client, "small", small("0.1.0", TRAPPING_CALL))
        assert client.error("call", name="small")[0] == errors.TRAP
        assert row(client, "small")["state"] == "failed"
        # It never ran, so there is nothing to go back to.
        cast(client, "small", small("0.2.0"))
        assert row(client, "small")["previous"] is None
        assert client.error("rollback", name="small") == (errors.NO_PREVIOUS, ["small"])
        assert client.error("rollback", name="none") == (errors.NO_SUCH_RUNE, ["none"])


def test_a_version_that_was_never_confirmed_is_gone_back_past(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        confirmed(client, "sine", GOOD)
        cast(client, "sine", NEWER)
        cast(client, "sine", NEWEST)
        assert row(client, "sine")["previous"] == "0.1.0"
        assert len(list((tmp_path / "runes").glob("*.body"))) == 2


def test_the_same_version_again_changes_nothing(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        confirmed(client, "sine", GOOD)
        confirmed(client, "sine", NEWER)
        assert cast(client, "sine", NEWER)["trial"] == 0
        assert row(client, "sine")["previous"] == "0.1.0"


def test_owners_go_back_and_forth(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        confirmed(client, "sine", GOOD)
        client.request("start", name="sine", period_ms=40)
        confirmed(client, "sine", NEWER)
        client.request("start", name="sine", period_ms=50)
        now = client.request("rollback", name="sine")
        assert (now["release"], now["state"]) == ("0.1.0", "running")
        told = row(client, "sine")
        assert (told["previous"], told["period_ms"], told["trial"]) == ("0.2.0", 40, 0)
        client.request("stop", name="sine")
        assert client.request("rollback", name="sine")["state"] == "received"
        assert row(client, "sine")["release"] == "0.2.0"
    with SimBoard(tmp_path) as board, board.tcp() as client:
        assert row(client, "sine")["release"] == "0.2.0"


def test_the_old_version_runs_until_the_commit(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        confirmed(client, "sine", GOOD)
        client.request("start", name="sine", period_ms=10)
        client.upload("sine", NEWER, stop_at=3000)
        before = row(client, "sine")["calls"]
        told = wait_for(client, "sine", state="running")
        time.sleep(0.1)
        assert row(client, "sine")["calls"] > before
        assert told["release"] == "0.1.0"


def test_previous_versions_give_way_to_an_upload(tmp_path: Path) -> None:
    size = len(GOOD)
    options = ("--flash-bytes", str(3 * size + 2000))
    with SimBoard(tmp_path, *options) as board, board.tcp() as client:
        confirmed(client, "sine", GOOD)
        confirmed(client, "sine", NEWER)
        assert row(client, "sine")["previous"] == "0.1.0"
        other = runes.with_manifest(GOOD, name="other")
        client.upload("other", other)
        assert row(client, "sine")["previous"] == "0.1.0"
        # No place is left beside three bodies: the previous one goes, nothing else.
        client.upload("third", runes.with_manifest(GOOD, name="third"))
        assert row(client, "sine")["previous"] is None
        assert client.request("call", name="sine") == {"calls": 1}
    assert pointer(tmp_path, "sine")["previous"] is None


def test_flash_that_cannot_hold_two_versions_says_what_to_do(tmp_path: Path) -> None:
    size = len(GOOD)
    with SimBoard(tmp_path, "--flash-bytes", str(2 * size - 100)) as board, board.tcp() as client:
        confirmed(client, "sine", GOOD)
        digest = bytes(32)
        code, arguments = client.error("begin", name="sine", size=size, sha256=digest)
        assert (code, arguments[0], arguments[2]) == (errors.NO_ROOM_FOR_TWO, "sine", size)
        assert sentence(code, arguments).endswith("`runicd rm sine` first")
        assert client.request("call", name="sine") == {"calls": 1}
        client.request("rm", name="sine")
        client.upload("sine", NEWER)


def test_a_version_that_is_trialled_keeps_its_way_back(tmp_path: Path) -> None:
    size = len(GOOD)
    options = ("--flash-bytes", str(3 * size))
    with SimBoard(tmp_path, *options) as board, board.tcp() as client:
        confirmed(client, "sine", GOOD)
        cast(client, "sine", NEWER)
        data = runes.with_manifest(GOOD, name="other")
        code, _ = client.error("begin", name="other", size=len(data), sha256=bytes(32))
        assert code == errors.FLASH_FULL
        assert row(client, "sine")["previous"] == "0.1.0"


def test_two_runes_of_the_same_bytes_share_them_and_stay_apart(tmp_path: Path) -> None:
    data = signed(assembled("any", EMPTY_MANIFEST + EMPTY_CALL, original=True))
    with SimBoard(tmp_path) as board, board.tcp() as client:
        for name in ("one", "two"):
            client.upload(name, data)
        assert len(list((tmp_path / "runes").glob("*.body"))) == 1
        client.request("rm", name="one")
        client.request("start", name="two", period_ms=0)
        assert client.request("call", name="two") == {"calls": 1}
        assert content(tmp_path, "two") == data


def test_every_call_of_a_trial_is_watched_and_none_after_it(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        cast(client, "sine", GOOD, period_ms=5)
        wait_for(client, "sine", trial=0)
        time.sleep(0.05)
        assert not is_marked(tmp_path, "sine")
        assert pointer(tmp_path, "sine")["trial"] == 0
