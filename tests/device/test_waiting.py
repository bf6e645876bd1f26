"""Versions that ask for more than is granted: kept beside the old one until somebody decides."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import cbor2
import pytest

from runicos.contract import errors
from tests.device.runes import manifest_of, stock, with_manifest
from tests.device.sim_board import BoardError, Client, SimBoard
from tests.device.test_grants import ASK, demands
from tests.signing import KEY_ID

OLD = stock("sine")


def faster(data: bytes, **changes: Any) -> bytes:
    """The next version, which writes more in a second."""
    output = manifest_of(data)["outputs"][0] | {"bytes_per_s": 9_999}
    changed = {"release": "0.9.0", "outputs": [output]}
    return with_manifest(data, **changed | changes)


NEW = faster(OLD)


@pytest.fixture
def board(tmp_path: Path) -> Iterator[SimBoard]:
    with SimBoard(tmp_path) as board:
        yield board


@pytest.fixture
def cable(board: SimBoard) -> Iterator[Client]:
    """Whoever holds the cable is the owner; the old version is granted, and runs."""
    with board.serial() as client:
        prepare(client)
        yield client


def prepare(client: Client, data: bytes = OLD, period_ms: int = 0) -> None:
    client.request("policy_set", policy=ASK)
    client.request("grant", signer=KEY_ID, name="sine", demands=demands(data))
    client.upload("sine", data)
    client.request("start", name="sine", period_ms=period_ms)


def row(client: Client, name: str = "sine") -> dict[str, Any]:
    return next(row for row in client.request("ps") if row["name"] == name)


def grant(client: Client, data: bytes, *kinds: str, **more: Any) -> Any:
    wanted = {kind: limits for kind, limits in demands(data).items() if kind in kinds or not kinds}
    digest = sha256(data).digest()
    return client.request(
        "grant", signer=KEY_ID, name="sine", demands=wanted, version=digest, **more
    )


def bodies(flash: Path) -> set[str]:
    return {path.name for path in (flash / "runes").glob("*.body")}


def body(data: bytes) -> str:
    return sha256(data).hexdigest()[:32] + ".body"


def test_the_old_version_runs_until_the_new_one_is_granted(board: SimBoard, cable: Client) -> None:
    cable.upload("sine", NEW)
    told = row(cable)
    assert (told["state"], told["sha256"]) == ("waiting", sha256(OLD).digest())
    assert told["waiting"] == ["0.9.0", sha256(NEW).digest()]
    assert cable.request("call", name="sine", count=3) == {"calls": 3}
    asked = cable.request("demands", name="sine")
    assert asked["current"] == demands(OLD)
    assert asked["waiting"]["demands"] == demands(NEW)
    assert grant(cable, NEW, period_ms=0)["started"]["granted"] == ["RAND", "SERIAL"]
    told = row(cable)
    assert (told["release"], told["state"], told["waiting"]) == ("0.9.0", "waiting", None)
    assert told["trial"] and told["previous"]
    assert cable.request("call", name="sine", count=3) == {"calls": 3}
    assert not row(cable)["trial"]


def test_a_first_version_waits_and_is_not_started(board: SimBoard) -> None:
    with board.serial() as cable:
        cable.request("policy_set", policy=ASK)
        cable.upload("sine", OLD)
        assert row(cable)["state"] == "waiting for a grant"
        told = ["sine", "leave to run", "sine"]
        assert cable.error("start", name="sine") == (errors.NOT_GRANTED, told)
        assert cable.error("call", name="sine") == (errors.NOT_GRANTED, told)
        # Only some of it is not enough.
        assert grant(cable, OLD, "RAND") == {"started": None}
        assert row(cable)["state"] == "waiting for a grant"
        assert grant(cable, OLD, "SERIAL", period_ms=20)["started"]["trial"] == 2
        assert (row(cable)["state"], row(cable)["period_ms"]) == ("running", 20)


def test_what_waits_outlives_a_power_cut_and_is_granted_after_it(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.serial() as cable:
        prepare(cable)
        cable.upload("sine", NEW)
        cable.upload("sine_int8", stock("sine_int8"))
    with SimBoard(tmp_path) as board, board.serial() as cable:
        assert row(cable)["waiting"] == ["0.9.0", sha256(NEW).digest()]
        assert row(cable)["state"] == "waiting"
        assert row(cable, "sine_int8")["state"] == "waiting for a grant"
        assert grant(cable, NEW, period_ms=0)["started"]
    with SimBoard(tmp_path) as board, board.serial() as cable:
        assert (row(cable)["release"], row(cable)["waiting"]) == ("0.9.0", None)
        assert row(cable)["trial"] == 2


def test_another_cast_takes_the_place_of_what_waits(tmp_path: Path, cable: Client) -> None:
    cable.upload("sine", NEW)
    other = with_manifest(NEW, release="0.9.1")
    cable.upload("sine", other)
    assert row(cable)["waiting"][0] == "0.9.1"
    assert bodies(tmp_path) == {body(OLD), body(other)}
    # Who looked at 0.9.0 has not granted 0.9.1.
    assert cable.error("grant", name="sine", demands={}, version=sha256(NEW).digest()) == (
        errors.BAD_REQUEST,
        ["grant", "another version of sine waits, or none"],
    )
    same = with_manifest(OLD, release="0.8.0")
    cable.upload("sine", same)
    assert (row(cable)["release"], row(cable)["waiting"]) == ("0.8.0", None)
    assert body(other) not in bodies(tmp_path)


def test_revoking_drops_what_waits_and_asks_for_it(tmp_path: Path, cable: Client) -> None:
    cable.upload("sine", NEW)
    assert cable.request("revoke", name="sine", kinds=["SOUND"])["dropped"] is False
    assert cable.request("revoke", name="sine", kinds=[]) == {"dropped": True, "stopped": []}
    assert (row(cable)["state"], row(cable)["waiting"]) == ("waiting", None)
    assert bodies(tmp_path) == {body(OLD)}
    assert cable.request("revoke", name="sine", kinds=[]) == {"dropped": False, "stopped": []}
    cable.upload("sine", NEW)
    told = cable.request("revoke", name="sine", kinds=["SERIAL"])
    assert told == {"dropped": True, "stopped": ["sine"]}


def test_a_first_version_that_is_not_granted_goes_whole(tmp_path: Path, board: SimBoard) -> None:
    with board.serial() as cable:
        cable.request("policy_set", policy=ASK)
        for kinds in ([], ["RAND"]):
            cable.upload("sine", OLD)
            assert cable.request("revoke", name="sine", kinds=kinds)["dropped"] is True
            assert cable.request("ps") == []
            assert not bodies(tmp_path)
        cable.upload("sine", OLD)
        cable.request("rm", name="sine")
        assert not bodies(tmp_path)


def test_the_same_version_whose_grant_was_taken_is_refused_and_nothing_waits(
    cable: Client,
) -> None:
    cable.request("revoke", name="sine", kinds=["RAND"])
    with pytest.raises(BoardError) as caught:
        cable.upload("sine", OLD)
    assert caught.value.code == errors.REFUSED
    assert (row(cable)["state"], row(cable)["waiting"]) == ("stopped", None)


def test_what_the_policy_denies_does_not_wait(cable: Client) -> None:
    rules = [{"effect": "deny", "kinds": ["RAND"], "rune": "other"}]
    cable.request("policy_set", policy=ASK | {"rules": rules})
    with pytest.raises(BoardError) as caught:
        cable.upload("other", with_manifest(OLD, name="other"))
    assert [reason[0] for reason in caught.value.arguments] == [
        errors.POLICY_DENIES,
        errors.NOT_GRANTED,
    ]
    assert [told["name"] for told in cable.request("ps")] == ["sine"]


def test_a_granted_version_that_fails_goes_back(cable: Client) -> None:
    cable.request("call", name="sine", count=3)
    output = manifest_of(OLD)["outputs"][0] | {"inputs": [0], "bytes_per_s": 9_999}
    worse = faster(OLD, outputs=[output])
    cable.upload("sine", worse)
    with pytest.raises(BoardError) as caught:
        grant(cable, worse)
    assert caught.value.code == errors.WENT_BACK
    assert (row(cable)["sha256"], row(cable)["waiting"]) == (sha256(OLD).digest(), None)
    assert cable.request("call", name="sine") == {"calls": 1}


def test_room_for_a_third_version_is_refused_by_name(tmp_path: Path) -> None:
    with (
        SimBoard(tmp_path, "--flash-bytes", "10000") as board,
        board.serial() as cable,
    ):
        prepare(cable)
        cable.upload("sine", NEW)
        third = with_manifest(NEW, release="1.0.0")
        size = {"size": len(third), "sha256": sha256(third).digest()}
        for name in ("sine", "other"):
            code, told = cable.error("begin", name=name, **size)
            assert code == errors.NO_ROOM_FOR_TWO
            assert (told[0], told[2:]) == (name, [len(third), "revoke sine --waiting"])
        # Nothing of the two that are there is gone for it.
        assert bodies(tmp_path) == {body(OLD), body(NEW)}
        cable.request("revoke", name="sine", kinds=[])
        cable.upload("sine", third)
        assert row(cable)["waiting"][0] == "1.0.0"


def test_what_waits_is_not_in_the_way_of_going_back(cable: Client) -> None:
    cable.request("call", name="sine", count=3)
    newer = with_manifest(OLD, release="0.8.0")
    cable.upload("sine", newer)
    cable.request("start", name="sine", period_ms=0)
    cable.request("call", name="sine", count=3)
    cable.upload("sine", NEW)
    assert cable.request("rollback", name="sine")["sha256"] == sha256(OLD).digest()
    assert row(cable)["waiting"][0] == "0.9.0"
    assert grant(cable, NEW)["started"]


def damaged(flash: Path, **changes: Any) -> None:
    path = flash / "runes" / "sine.rune"
    path.write_bytes(cbor2.dumps(cbor2.loads(path.read_bytes()) | changes))


@pytest.mark.parametrize("waiting", [1, [], ["x.body", b"", 1, ""], ["/etc", b"", 1, "", None]])
def test_a_pointer_with_a_strange_version_is_damaged(tmp_path: Path, waiting: Any) -> None:
    with SimBoard(tmp_path) as board, board.serial() as cable:
        prepare(cable)
    damaged(tmp_path, waiting=waiting)
    with SimBoard(tmp_path) as board, board.serial() as cable:
        assert (row(cable)["state"], row(cable)["last_error"][0]) == (
            "failed",
            errors.STORE_FAILED,
        )
        assert cable.error("demands", name="sine")[0] == errors.STORE_FAILED


def test_a_waiting_body_that_is_damaged_is_refused_and_the_old_one_stays(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.serial() as cable:
        prepare(cable)
        cable.upload("sine", NEW)
    path = tmp_path / "runes" / body(NEW)
    path.write_bytes(path.read_bytes()[:-40] + bytes(40))
    with SimBoard(tmp_path) as board, board.serial() as cable:
        digest = sha256(NEW).digest()
        assert row(cable)["state"] == "waiting"
        code, _ = cable.error("grant", name="sine", demands=demands(NEW), version=digest)
        assert code == errors.BAD_SIGNATURE
        assert row(cable)["sha256"] == sha256(OLD).digest()
        assert cable.request("call", name="sine") == {"calls": 1}


def test_a_release_of_any_length_leaves_a_pointer_that_can_be_read(tmp_path: Path) -> None:
    long = "\N{GRINNING FACE}" * 255
    with SimBoard(tmp_path) as board, board.serial() as cable:
        prepare(cable, with_manifest(OLD, release=long))
        cable.request("call", name="sine", count=3)
        prepare(cable, with_manifest(OLD, release="1" + long[1:]))
        cable.upload("sine", faster(OLD, release="2" + long[1:]))
    with SimBoard(tmp_path) as board, board.serial() as cable:
        assert row(cable)["state"] == "waiting"
        assert row(cable)["waiting"][0].startswith("2")


def test_a_stranger_on_the_network_grants_and_drops_nothing(
    board: SimBoard, cable: Client
) -> None:
    cable.upload("sine", NEW)
    with board.tcp() as stranger:
        given = {"name": "sine", "demands": demands(NEW), "version": sha256(NEW).digest()}
        assert stranger.error("grant", **given)[0] == errors.NOT_AUTHORISED
        assert stranger.error("revoke", name="sine", kinds=[])[0] == errors.NOT_AUTHORISED
        assert stranger.error("demands", name="nobody")[0] == errors.NO_SUCH_RUNE
    assert row(cable)["waiting"][0] == "0.9.0"
