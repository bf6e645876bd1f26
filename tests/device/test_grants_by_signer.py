"""Grants and policies are for who signed a Rune: one of its name by another key has none."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from runicos.contract import errors
from runicos.contract.signature import key_id
from tests.device.runes import stock
from tests.device.sim_board import BoardError, Client, SimBoard
from tests.device.test_grants import ASK, NO_GRANT, demands
from tests.signing import KEY_ID, signed, unsigned

OTHER = Ed25519PrivateKey.from_private_bytes(b"another key, that is trusted too")
OTHER_ID = key_id(OTHER.public_key().public_bytes_raw())
MINE = stock("sine")
THEIRS = signed(MINE, OTHER)
DEMANDS = demands(MINE)


@pytest.fixture
def cable(tmp_path: Path) -> Iterator[Client]:
    """An owner's, whose board trusts two keys and asks; what the first one signed is granted."""
    with SimBoard(tmp_path) as board, board.serial() as client:
        client.request("trust", name="other", public=OTHER.public_key().public_bytes_raw())
        client.request("policy_set", policy=ASK)
        client.request("grant", name="sine", demands=DEMANDS, signer=KEY_ID)
        yield client


def row(client: Client) -> dict[str, Any]:
    (found,) = client.request("ps")
    assert isinstance(found, dict)
    return found


def test_another_key_does_not_inherit_a_grant(cable: Client) -> None:
    cable.upload("sine", MINE)
    cable.request("start", name="sine", period_ms=0)
    cable.upload("sine", THEIRS)
    waiting = cable.request("demands", name="sine")["waiting"]
    assert waiting["signer"] == OTHER_ID
    assert cable.request("demands", name="sine")["signer"] == KEY_ID
    assert row(cable)["state"] == "waiting"
    # Not even where the first one's is granted once more.
    again = {"name": "sine", "demands": DEMANDS, "version": waiting["sha256"]}
    assert cable.request("grant", **again, signer=KEY_ID) == {"started": None}
    assert cable.request("grant", **again, signer=OTHER_ID)["started"]
    assert (row(cable)["waiting"], row(cable)["sha256"]) == (None, waiting["sha256"])
    # The grant is the other key's now.
    cable.upload("sine", MINE)
    assert row(cable)["waiting"] is not None


def test_who_cannot_be_trusted_any_more_has_no_grant(cable: Client) -> None:
    cable.upload("sine", MINE)
    cable.request("policy_set", policy=ASK | {"unsigned": "allow"})
    cable.request("distrust", key=KEY_ID)
    code, reasons = cable.error("start", name="sine")
    assert (code, {reason[0] for reason in reasons}) == (errors.REFUSED, {errors.NOT_GRANTED})


def test_unsigned_runes_have_grants_of_their_own(cable: Client) -> None:
    cable.request("policy_set", policy=ASK | {"unsigned": "allow"})
    bare = unsigned(MINE)
    cable.upload("sine", bare, as_it_is=True)
    assert row(cable)["state"] == "waiting for a grant"
    version = row(cable)["sha256"]
    assert cable.request("grant", name="sine", demands=DEMANDS, version=version)["started"]
    assert cable.request("policy_show", name="sine")["grant"]["signer"] is None


def test_a_policy_names_what_stops_as_unsigned_runes_are_no_longer_taken(cable: Client) -> None:
    allowing = {"default": "allow", "unsigned": "allow", "rules": []}
    cable.request("policy_set", policy=allowing)
    cable.upload("sine", unsigned(MINE), as_it_is=True)
    told = {"stopped": [], "resumed": [], "started": []}
    # One that does not run does not stop.
    assert cable.request("policy_set", policy=allowing | {"unsigned": "deny"}) == told
    assert cable.request("policy_set", policy=allowing) == told
    cable.request("start", name="sine", period_ms=0)
    answer = cable.request("policy_set", policy=allowing | {"unsigned": "deny"})
    assert answer == told | {"stopped": ["sine"]}
    assert row(cable)["last_error"][0] == errors.NOT_SIGNED
    assert cable.request("policy_set", policy=allowing) == told | {"resumed": ["sine"]}


def test_a_damaged_signature_is_no_signer(cable: Client) -> None:
    damaged = THEIRS[:-1] + bytes([THEIRS[-1] ^ 1])
    with pytest.raises(BoardError) as caught:
        cable.upload("sine", damaged, as_it_is=True)
    assert caught.value.code == errors.BAD_SIGNATURE
    assert cable.request("ps") == []


def test_rules_are_for_a_signer(cable: Client) -> None:
    rules = [{"effect": "allow", "signer": OTHER_ID}, {"effect": "deny"}]
    cable.request("policy_set", policy={"default": "ask", "rules": rules})
    cable.upload("sine", THEIRS)
    assert cable.request("start", name="sine")["granted"] == ["RAND", "SERIAL"]
    with pytest.raises(BoardError) as caught:
        cable.upload("sine", MINE)
    assert {reason[0] for reason in caught.value.arguments} == {errors.POLICY_DENIES}
    assert row(cable)["state"] in ("running", "waiting")
    # What runs is judged anew when the rules change.
    rules = [{"effect": "deny", "signer": OTHER_ID}]
    policy = {"default": "allow", "rules": rules}
    told = {"stopped": ["sine"], "resumed": [], "started": []}
    assert cable.request("policy_set", policy=policy) == told


@pytest.mark.parametrize("signer", [b"", bytes(7), bytes(9)])
def test_a_grant_is_for_a_key(cable: Client, signer: bytes) -> None:
    code, _ = cable.error("grant", name="other", demands=DEMANDS, signer=signer)
    assert code == errors.BAD_REQUEST
    assert cable.request("policy_show", name="other")["grant"] == NO_GRANT
