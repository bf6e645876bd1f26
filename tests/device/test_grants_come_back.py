"""A version that comes back runs with what its own key was granted, whoever signed the others."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from runicos.contract import errors
from runicos.contract.signature import key_id
from tests.device.runes import manifest_of, stock, with_manifest
from tests.device.sim_board import BoardError, Client, SimBoard
from tests.device.test_grants import ASK, demands
from tests.device.test_grants_by_signer import OTHER, OTHER_ID, row
from tests.signing import KEY_ID, signed

MINE = stock("sine")
THEIRS = signed(with_manifest(MINE, release="0.9.0"), OTHER)
# Its manifest asks for another output than its code: it fails when it is started.
_OUTPUT = manifest_of(MINE)["outputs"][0] | {"inputs": [0], "bytes_per_s": 9_999}
WORSE = signed(with_manifest(MINE, release="0.9.0", outputs=[_OUTPUT]), OTHER)
KINDS = ["RAND", "SERIAL"]


def prepare(client: Client) -> None:
    """A board that trusts two keys and asks; the first one's version is granted and confirmed."""
    client.request("trust", name="other", public=OTHER.public_key().public_bytes_raw())
    client.request("policy_set", policy=ASK)
    client.request("grant", name="sine", demands=demands(MINE), signer=KEY_ID)
    client.upload("sine", MINE)
    client.request("start", name="sine", period_ms=0)
    client.request("call", name="sine", count=3)


@pytest.fixture
def cable(tmp_path: Path) -> Iterator[Client]:
    with SimBoard(tmp_path) as board, board.serial() as client:
        prepare(client)
        yield client


def granted(client: Client, data: bytes, signer: bytes = OTHER_ID) -> Any:
    """Cast what another key signed, and grant it."""
    client.upload("sine", data, as_it_is=True)
    version = row(client)["waiting"][1]
    wanted = {"name": "sine", "demands": demands(data), "version": version}
    return client.request("grant", **wanted, signer=signer)


def fail(client: Client) -> None:
    with pytest.raises(BoardError) as caught:
        granted(client, WORSE)
    assert caught.value.code == errors.WENT_BACK, caught.value


def test_a_trial_of_another_key_that_fails_leaves_the_old_versions_grant(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.serial() as cable:
        prepare(cable)
        fail(cable)
        assert (row(cable)["release"], row(cable)["state"]) == ("0.1.0", "waiting")
        assert cable.request("call", name="sine") == {"calls": 1}
        # The rules are the same ones: it goes on.
        assert cable.request("policy_set", policy=ASK)["stopped"] == []
    with SimBoard(tmp_path) as board, board.serial() as cable:
        assert cable.request("call", name="sine") == {"calls": 1}


def test_an_owner_goes_back_to_a_version_of_another_key_and_forth(cable: Client) -> None:
    assert granted(cable, THEIRS)["started"]
    cable.request("call", name="sine", count=3)
    for release in ("0.1.0", "0.9.0"):
        assert cable.request("rollback", name="sine")["release"] == release
        assert cable.request("call", name="sine") == {"calls": 1}


def test_what_is_cast_has_no_grant_of_a_key_before(cable: Client) -> None:
    granted(cable, THEIRS)
    newer = with_manifest(MINE, release="1.0.0")
    cable.upload("sine", newer)
    assert row(cable)["waiting"][0] == "1.0.0"
    shown = cable.request("policy_show", name="sine")["grant"]
    assert shown == {"demands": demands(THEIRS), "revoked": [], "signer": OTHER_ID}


def test_what_is_revoked_is_revoked_of_every_key(cable: Client) -> None:
    granted(cable, THEIRS)
    cable.request("call", name="sine", count=3)
    assert cable.request("revoke", name="sine", kinds=["RAND"])["stopped"] == ["sine"]
    wanted = {"name": "sine", "demands": demands(THEIRS), "signer": OTHER_ID}
    cable.request("grant", **wanted)
    cable.request("start", name="sine", period_ms=0)
    # The other one's is granted again, not this one's.
    cable.request("rollback", name="sine")
    assert row(cable)["state"] == "failed"
    reasons = row(cable)["last_error"][1]
    assert [(reason[0], reason[2].split()[0]) for reason in reasons] == [
        (errors.NOT_GRANTED, "RAND")
    ]


def test_a_rune_that_is_removed_leaves_no_grant_of_any_key(cable: Client, tmp_path: Path) -> None:
    granted(cable, THEIRS)
    cable.request("rm", name="sine")
    assert not (tmp_path / "runes" / "sine.grant").exists()


def test_grants_of_two_keys_before_are_kept(cable: Client, tmp_path: Path) -> None:
    keys = [Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in range(3)]
    ids = [key_id(key.public_key().public_bytes_raw()) for key in keys]
    for signer in (ids[0], ids[1], ids[0], ids[2]):
        cable.request("grant", name="sine", demands={"RAND": None}, signer=signer)
    held = cbor2.loads((tmp_path / "runes" / "sine.grant").read_bytes())
    assert (held["signer"], [one[0] for one in held["before"]]) == (ids[2], [ids[0], ids[1]])


def test_grants_before_make_way_where_all_take_too_much(cable: Client, tmp_path: Path) -> None:
    many = {f"a_parameter_{number:02d}": float(number) for number in range(16)}
    wanted = dict.fromkeys(KINDS[:1], many)
    for signer in (OTHER_ID, KEY_ID, None):
        cable.request("grant", name="sine", demands=wanted, signer=signer)
    path = tmp_path / "runes" / "sine.grant"
    held = cbor2.loads(path.read_bytes())
    assert (held["demands"], [one[0] for one in held["before"]]) == (wanted, [KEY_ID])
    assert path.stat().st_size <= 1024
