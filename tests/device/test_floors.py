"""Floors: what was signed before a Rune's confirmed version is not taken again, by any way in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from runicos.contract import cbor, errors
from runicos.contract.sentences import sentence
from tests.device.runes import EMPTY_CALL, EMPTY_MANIFEST, assembled
from tests.device.sim_board import BoardError, Client, SimBoard
from tests.device.test_owner import order
from tests.device.test_versions import TRAPPING_CALL, cast, confirmed, row, small, wait_for
from tests.device.test_waiting import NEW, grant, prepare
from tests.signing import SECRET, signed, unsigned

FLOOR = Path("runes") / "small.floor"


def secure(release: str, counter: int, call: str = EMPTY_CALL) -> bytes:
    return assembled("small", EMPTY_MANIFEST + call, release=release, security_counter=counter)


def refused(client: Client, data: bytes, name: str = "small") -> list[Any]:
    """The arguments of ROLLED_BACK, with which a cast of this file must end."""
    with pytest.raises(BoardError) as caught:
        client.upload(name, data, as_it_is=True)
    assert caught.value.code == errors.ROLLED_BACK, caught.value
    return caught.value.arguments


def floors(flash: Path) -> dict[str, Any]:
    """What each Rune's file of its floor says."""
    found = (flash / "runes").glob("*.floor")
    return {path.stem: cbor.loads(path.read_bytes()) for path in found}


@pytest.fixture
def board(tmp_path: Path) -> Iterator[SimBoard]:
    with SimBoard(tmp_path) as started:
        yield started


def test_the_floor_rises_when_a_version_is_confirmed(board: SimBoard, tmp_path: Path) -> None:
    with board.tcp() as client:
        cast(client, "small", small("0.2.0"))
        client.request("call", name="small", count=2)
        assert floors(tmp_path) == {}
        client.request("call", name="small")
        assert floors(tmp_path) == {"small": ["0.2.0", 0]}


def test_a_board_that_asks_for_no_trial_raises_the_floor_too(tmp_path: Path) -> None:
    with SimBoard(tmp_path, "--limit", "trial_calls=0") as board, board.tcp() as client:
        cast(client, "small", small("0.2.0"))
        client.request("call", name="small")
        refused(client, small("0.1.0"))


def test_an_old_file_is_refused_and_the_new_version_runs_on(board: SimBoard) -> None:
    with board.tcp() as client:
        confirmed(client, "small", small("0.1.0"))
        confirmed(client, "small", small("0.2.0"))
        told = refused(client, small("0.1.0"))
        assert told == ["small", "0.1.0", "0.2.0"]
        assert "`runicd cast RUNE --downgrade`" in sentence(errors.ROLLED_BACK, told)
        assert client.request("call", name="small") == {"calls": 1}
        assert (row(client, "small")["release"], row(client, "small")["previous"]) == (
            "0.2.0",
            "0.1.0",
        )


def test_an_old_file_is_refused_after_the_rune_was_removed(board: SimBoard) -> None:
    with board.tcp() as client:
        confirmed(client, "small", small("0.2.0"))
        client.request("rm", name="small")
        refused(client, small("0.1.0"))
        assert client.request("ps") == []
        cast(client, "small", small("0.2.0"))


def test_an_old_file_is_refused_after_a_reboot(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        confirmed(client, "small", small("0.2.0"))
        client.request("rm", name="small")
    with SimBoard(tmp_path) as board, board.tcp() as client:
        refused(client, small("0.1.0"))
    assert floors(tmp_path) == {"small": ["0.2.0", 0]}


def test_floors_are_each_runes_own(board: SimBoard) -> None:
    with board.tcp() as client:
        confirmed(client, "small", small("2.0.0"))
        cast(client, "other", assembled("other", EMPTY_MANIFEST + EMPTY_CALL, release="1.0.0"))


def test_a_lower_security_counter_is_refused_whatever_the_release(board: SimBoard) -> None:
    with board.tcp() as client, board.serial() as cable:
        confirmed(client, "small", secure("0.2.0", 7))
        told = refused(client, secure("0.3.0", 6))
        assert told == ["small", "with security counter 6", "security counter 7"]
        refused(client, small("9.0.0"))
        # The owner's word is about releases.
        answer = cable.request("downgrade", name="small", release="0.1.0")
        assert answer == {"release": "0.1.0", "counter": 7}
        refused(client, secure("0.1.0", 6))
        cast(client, "small", secure("0.1.0", 7))


@pytest.mark.parametrize("counter", [-1, "1", True, None, 1.0, 2**31])
def test_a_security_counter_is_a_number(board: SimBoard, counter: object) -> None:
    data = assembled("small", EMPTY_MANIFEST + EMPTY_CALL, security_counter=counter)
    with board.tcp() as client, pytest.raises(BoardError) as caught:
        client.upload("small", data)
    assert caught.value.code == errors.BAD_MANIFEST
    assert caught.value.arguments[0] == "manifest.security_counter"


def test_an_order_lets_an_older_release_in(board: SimBoard, tmp_path: Path) -> None:
    with board.tcp() as client:
        confirmed(client, "small", small("0.3.0"))
        given = {"name": "small", "release": "0.2.0", "counter": 0}
        assert client.error("downgrade", **given)[0] == errors.NOT_AUTHORISED
        stranger = Ed25519PrivateKey.generate()
        wrong = order(client, stranger, "downgrade", **given)
        assert client.error("downgrade", **wrong)[0] == errors.NOT_AUTHORISED
        crossed = order(client, SECRET, "downgrade", **given) | {"release": "0.1.0"}
        assert client.error("downgrade", **crossed)[0] == errors.NOT_AUTHORISED
        refused(client, small("0.2.0"))
        client.request("downgrade", **order(client, SECRET, "downgrade", **given))
        refused(client, small("0.1.0"))
        confirmed(client, "small", small("0.2.0"))
        assert floors(tmp_path) == {"small": ["0.2.0", 0]}


def test_over_the_cable_no_order_is_needed(board: SimBoard, tmp_path: Path) -> None:
    with board.serial() as cable:
        confirmed(cable, "small", small("0.3.0"))
        refused(cable, small("0.2.0"))
        # What is higher than the floor does not raise it.
        raised = cable.request("downgrade", name="small", release="0.9.0")
        assert raised == {"release": "0.3.0", "counter": 0}
        cable.request("downgrade", name="small", release="0.2.0")
        cast(cable, "small", small("0.2.0"))
        # What has no floor has nothing to lower; what forbids nothing is not kept.
        assert cable.request("downgrade", name="no", release="")["release"] == ""
        cable.request("downgrade", name="small", release="")
        assert floors(tmp_path) == {}


def test_a_trial_that_fails_goes_back_and_raises_nothing(board: SimBoard, tmp_path: Path) -> None:
    with board.tcp() as client:
        confirmed(client, "small", secure("0.1.0", 1))
        cast(client, "small", secure("0.2.0", 2, TRAPPING_CALL))
        assert client.error("call", name="small")[0] == errors.WENT_BACK
        assert row(client, "small")["release"] == "0.1.0"
        assert floors(tmp_path) == {"small": ["0.1.0", 1]}
        cast(client, "small", secure("0.1.5", 1))


def test_an_owner_goes_back_to_a_lower_release(board: SimBoard) -> None:
    with board.tcp() as client:
        confirmed(client, "small", secure("0.1.0", 3))
        confirmed(client, "small", secure("0.2.0", 3))
        assert client.request("rollback", name="small")["release"] == "0.1.0"
        client.request("call", name="small")
        refused(client, secure("0.1.0", 3))


def test_nobody_goes_back_to_a_lower_security_counter(board: SimBoard) -> None:
    with board.tcp() as client:
        confirmed(client, "small", secure("0.1.0", 3))
        confirmed(client, "small", secure("0.2.0", 4))
        code, told = client.error("rollback", name="small")
        assert (code, told[0]) == (errors.ROLLED_BACK, "small")
        assert row(client, "small")["release"] == "0.2.0"
        client.request("call", name="small")


TRAPS_LATER = """(global $calls (mut i32) (i32.const 0))
(func (export "_call") (param i32 i32 i32) (result i32)
  (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
  (if (i32.gt_u (global.get $calls) (i32.const 5)) (then unreachable))
  (i32.const 0))"""


@pytest.mark.parametrize(("counter", "release"), [(1, "0.1.0"), (2, "0.2.0")])
def test_a_version_that_is_given_up_gives_way_above_the_counter(
    tmp_path: Path, counter: int, release: str
) -> None:
    limits = ("--limit", "failures_max=1")
    with SimBoard(tmp_path, *limits) as board, board.tcp() as client:
        confirmed(client, "small", secure("0.1.0", 1))
        cast(client, "small", secure("0.2.0", counter, TRAPS_LATER), period_ms=5)
        if release == "0.1.0":
            found = wait_for(client, "small", release="0.1.0")
            assert found["went_back"][0] == "0.2.0"
        else:
            found = wait_for(client, "small", state="failed")
            assert found["previous"] == "0.1.0"
            texts = [str(record[4]) for record in client.request("logs")["records"]]
            assert any("security counter 1 would go back" in text for text in texts), texts


def test_a_version_that_waited_too_long_is_not_granted(board: SimBoard, tmp_path: Path) -> None:
    with board.serial() as cable:
        prepare(cable)
        cable.upload("sine", NEW)
        # Somebody raised the floor meanwhile.
        (tmp_path / "runes" / "sine.floor").write_bytes(cbor.dumps(["0.9.1", 0]))
        with pytest.raises(BoardError) as caught:
            grant(cable, NEW)
        assert caught.value.code == errors.ROLLED_BACK
        assert row(cable, "sine")["release"] == "0.1.0"
        cable.request("downgrade", name="sine", release="0.9.0")
        assert grant(cable, NEW)["started"] is not None
        assert row(cable, "sine")["release"] == "0.9.0"


def test_unsigned_files_meet_the_floor_too(tmp_path: Path) -> None:
    (tmp_path / "runes").mkdir()
    policy = {"default": "allow", "unsigned": "allow", "rules": []}
    (tmp_path / "runes" / "policy").write_bytes(cbor.dumps(policy))
    with SimBoard(tmp_path) as board, board.tcp() as client:
        confirmed(client, "small", small("0.2.0"))
        refused(client, unsigned(small("0.1.0")))
        refused(client, signed(small("0.1.0"), Ed25519PrivateKey.generate()))
        client.upload("small", unsigned(small("0.2.1")), as_it_is=True)
        # An original Rune states no release.
        original = assembled("small", EMPTY_MANIFEST + EMPTY_CALL, original=True)
        refused(client, original)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        cbor.dumps([]),
        cbor.dumps({}),
        cbor.dumps(["0.1.0"]),
        cbor.dumps(["0.1.0", -1]),
        cbor.dumps([None, 0]),
        cbor.dumps(["0.1.0", True]),
        cbor.dumps(["0.1.0", 0])[:-1],
        cbor.dumps(["x" * 5000, 0]),
    ],
    ids=range(10),
)
def test_a_damaged_floor_takes_no_version_until_its_owner_removes_it(
    tmp_path: Path, content: bytes
) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client, board.serial() as cable:
        confirmed(client, "small", small("0.2.0"))
        (tmp_path / FLOOR).write_bytes(content)
        with pytest.raises(BoardError) as caught:
            client.upload("small", small("0.3.0"))
        assert caught.value.code == errors.STORE_FAILED
        assert "the floor of small is damaged" in caught.value.arguments[0]
        assert cable.error("downgrade", name="small", release="")[0] == errors.STORE_FAILED
        # What is there runs on, and so do others.
        client.request("call", name="small")
        confirmed(client, "other", assembled("other", EMPTY_MANIFEST + EMPTY_CALL))
        (tmp_path / FLOOR).unlink()
        confirmed(client, "small", small("0.3.0"))
        assert floors(tmp_path)["small"] == ["0.3.0", 0]


@pytest.mark.parametrize("name", ["", "../small", "a/b", "Small", "x" * 64, "small\0"])
def test_a_floor_is_lowered_of_a_name_only(board: SimBoard, name: str) -> None:
    with board.serial() as cable:
        assert cable.error("downgrade", name=name, release="")[0] == errors.BAD_NAME
