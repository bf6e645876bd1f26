"""Grants and rules by key on Cortex-M, and keys that are trusted no longer: over resets too."""

import pytest

from runicos.contract import errors
from tests.boards.conftest import SMALLEST
from tests.boards.emulated import EmulatedBoard
from tests.device.runes import with_manifest
from tests.device.sim_board import BoardError
from tests.device.test_grants_by_signer import DEMANDS, MINE, OTHER, OTHER_ID, row
from tests.device.test_grants_come_back import THEIRS, fail, granted, prepare
from tests.signing import KEY_ID

BOARDS = (SMALLEST,)
NEWEST = with_manifest(MINE, release="1.0.0")


@pytest.fixture
def two_keys(owned: EmulatedBoard) -> EmulatedBoard:
    """A board that trusts two keys and asks; the first one's version is granted and confirmed."""
    with owned.cable() as cable:
        prepare(cable)
    return owned


def test_a_grant_is_one_keys_and_versions_on_the_board_keep_theirs(
    two_keys: EmulatedBoard,
) -> None:
    with two_keys.cable() as cable:
        assert granted(cable, THEIRS, KEY_ID) == {"started": None}
        assert granted(cable, THEIRS)["started"]
        cable.request("call", name="sine", count=3)
        # What is cast has none of the grants before.
        cable.upload("sine", NEWEST)
        assert row(cable)["waiting"][0] == "1.0.0"
    two_keys.cut_power()
    with two_keys.cable() as cable:
        assert row(cable)["waiting"][0] == "1.0.0"
        shown = cable.request("policy_show", name="sine")["grant"]
        assert shown == {"demands": DEMANDS, "revoked": [], "signer": OTHER_ID}
        for release in ("0.1.0", "0.9.0"):
            assert cable.request("rollback", name="sine")["release"] == release
            assert cable.request("call", name="sine") == {"calls": 1}


def test_a_trial_of_another_key_that_fails_leaves_the_old_versions_grant(
    two_keys: EmulatedBoard,
) -> None:
    with two_keys.cable() as cable:
        fail(cable)
        assert cable.request("call", name="sine") == {"calls": 1}
    two_keys.cut_power()
    with two_keys.cable() as cable:
        assert (row(cable)["release"], row(cable)["state"]) == ("0.1.0", "waiting")
        assert cable.request("call", name="sine") == {"calls": 1}


def test_rules_are_for_a_key(two_keys: EmulatedBoard) -> None:
    rules = [{"effect": "allow", "signer": OTHER_ID}, {"effect": "deny"}]
    changed = {"stopped": ["sine"], "resumed": [], "started": []}
    with two_keys.cable() as cable:
        assert cable.request("policy_set", policy={"default": "ask", "rules": rules}) == changed
        cable.upload("sine", THEIRS)
        assert cable.request("start", name="sine", period_ms=0)["granted"] == ["RAND", "SERIAL"]
        cable.request("call", name="sine", count=3)
    two_keys.cut_power()
    with two_keys.cable() as cable:
        assert cable.request("call", name="sine") == {"calls": 1}
        with pytest.raises(BoardError) as caught:
            cable.upload("sine", NEWEST)
        assert {reason[0] for reason in caught.value.arguments} == {errors.POLICY_DENIES}
        policy = {"default": "allow", "rules": [{"effect": "deny", "signer": OTHER_ID}]}
        assert cable.request("policy_set", policy=policy) == changed


def test_a_revoked_keys_rune_stops_and_runs_again_when_it_is_trusted_again(
    two_keys: EmulatedBoard,
) -> None:
    trusted = {"name": "other", "public": OTHER.public_key().public_bytes_raw()}
    with two_keys.cable() as cable:
        granted(cable, THEIRS)
        cable.request("call", name="sine", count=3)
        cable.request("distrust", key=OTHER_ID)
        assert row(cable)["state"] == "failed"
        assert cable.error("call", name="sine")[0] == errors.NOT_RUNNING
    two_keys.cut_power()
    with two_keys.cable() as cable:
        assert row(cable)["last_error"][0] == errors.UNKNOWN_KEY
        assert cable.error("start", name="sine")[0] == errors.UNKNOWN_KEY
        assert cable.request("trust", **trusted)["resumed"] == ["sine"]
        # With what it was granted, and no question of a grant anew.
        assert cable.request("call", name="sine") == {"calls": 1}
        assert row(cable)["release"] == "0.9.0"
