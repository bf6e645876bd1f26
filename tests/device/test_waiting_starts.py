"""Versions that wait are started by a policy that allows them, as their casts wanted it."""

from hashlib import sha256
from pathlib import Path

import pytest

from runicos.contract import errors
from tests.device.runes import manifest_of, with_manifest
from tests.device.sim_board import Client, SimBoard
from tests.device.test_grants import ASK
from tests.device.test_waiting import NEW, OLD, board, cable, faster, grant, prepare, row

__all__ = ["board", "cable"]

ALLOW = {"default": "allow", "rules": []}
OTHER = with_manifest(OLD, name="other")
STARTED_NONE = {"stopped": [], "resumed": [], "started": []}


def test_a_policy_that_allows_all_starts_what_waits(cable: Client) -> None:
    cable.upload("sine", NEW, period_ms=0)
    cable.upload("other", OTHER)
    assert cable.request("policy_set", policy=ASK) == STARTED_NONE
    answer = cable.request("policy_set", policy=ALLOW)
    assert answer == STARTED_NONE | {"started": ["other", "sine"]}
    assert (row(cable)["release"], row(cable)["waiting"]) == ("0.9.0", None)
    assert row(cable)["trial"] == 2
    assert row(cable, "other")["state"] in ("running", "waiting")
    cable.request("call", name="sine")


def test_a_rule_that_covers_what_waits_starts_it_and_nothing_else(cable: Client) -> None:
    cable.upload("sine", NEW)
    cable.upload("other", OTHER)
    rules = [{"effect": "allow", "rune": "sine"}]
    answer = cable.request("policy_set", policy=ASK | {"rules": rules})
    assert answer["started"] == ["sine"]
    assert row(cable, "other")["state"] == "waiting for a grant"


def test_what_is_revoked_goes_on_waiting_whatever_the_policy(cable: Client) -> None:
    cable.request("revoke", name="sine", kinds=["SERIAL"])
    cable.upload("sine", NEW)
    assert cable.request("policy_set", policy=ALLOW)["started"] == []
    assert row(cable)["waiting"][0] == "0.9.0"


def test_a_version_that_fails_when_a_policy_starts_it_goes_back_and_others_start(
    cable: Client,
) -> None:
    cable.request("call", name="sine", count=3)
    output = manifest_of(OLD)["outputs"][0] | {"inputs": [0], "bytes_per_s": 9_999}
    cable.upload("sine", faster(OLD, outputs=[output]))
    cable.upload("other", OTHER)
    assert cable.request("policy_set", policy=ALLOW)["started"] == ["other"]
    assert (row(cable)["release"], row(cable)["went_back"][0]) == ("0.1.0", "0.9.0")
    assert cable.request("call", name="sine") == {"calls": 1}


def test_a_stranger_on_the_network_starts_nothing_with_a_policy(
    board: SimBoard, cable: Client
) -> None:
    cable.upload("sine", NEW)
    with board.tcp() as stranger:
        assert stranger.error("policy_set", policy=ALLOW)[0] == errors.NOT_AUTHORISED
    assert row(cable)["waiting"][0] == "0.9.0"


def test_the_period_of_a_cast_that_waits_is_kept_over_a_power_cut(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.serial() as cable:
        prepare(cable)
        cable.upload("sine", NEW, period_ms=250)
        cable.upload("other", OTHER, period_ms=0)
    with SimBoard(tmp_path) as board, board.serial() as cable:
        assert grant(cable, NEW)["started"]
        assert (row(cable)["state"], row(cable)["period_ms"]) == ("running", 250)
        assert cable.request("policy_set", policy=ALLOW)["started"] == ["other"]
        assert row(cable, "other")["period_ms"] == 0
    with SimBoard(tmp_path) as board, board.serial() as cable:
        assert row(cable)["period_ms"] == 250


@pytest.mark.parametrize(("given", "period_ms"), [(None, 250), (0, 0), (40, 40)])
def test_a_grants_own_period_counts(cable: Client, given: int | None, period_ms: int) -> None:
    cable.upload("sine", NEW, period_ms=250)
    assert grant(cable, NEW, period_ms=given)["started"]
    assert row(cable)["period_ms"] == period_ms


def test_the_period_of_one_cast_is_not_the_next_ones(cable: Client) -> None:
    cable.upload("sine", NEW, period_ms=250)
    other = with_manifest(NEW, release="0.9.1")
    cable.upload("sine", other)
    assert grant(cable, other)["started"]
    assert row(cable)["period_ms"] == manifest_of(other)["period_ms"]


@pytest.mark.parametrize("later_ms", [40, 0, None])
def test_a_later_cast_of_what_waits_already_changes_its_period(
    tmp_path: Path, later_ms: int | None
) -> None:
    """Nothing is sent again: the board keeps what the last cast wanted, over a power cut too."""
    first = OTHER, "other"
    with SimBoard(tmp_path) as board, board.serial() as cable:
        prepare(cable)
        for data, name in ((NEW, "sine"), first):
            cable.upload(name, data, period_ms=250)
            version = sha256(data).digest()
            assert cable.request("period", name=name, version=version, period_ms=later_ms) == {}
    own_ms = manifest_of(NEW)["period_ms"]
    with SimBoard(tmp_path) as board, board.serial() as cable:
        assert cable.request("policy_set", policy=ALLOW)["started"] == ["other", "sine"]
        expected_ms = own_ms if later_ms is None else later_ms
        assert [row(cable, name)["period_ms"] for name in ("other", "sine")] == [expected_ms] * 2


def test_the_period_of_another_version_than_waits_is_refused(cable: Client) -> None:
    wanted = {"version": sha256(NEW).digest(), "period_ms": 40}
    assert cable.error("period", name="sine", **wanted)[0] == errors.BAD_REQUEST
    cable.upload("sine", NEW, period_ms=250)
    assert cable.error("period", name="nobody", **wanted)[0] == errors.NO_SUCH_RUNE
    old = wanted | {"version": sha256(OLD).digest()}
    assert cable.error("period", name="sine", **old)[0] == errors.BAD_REQUEST
    assert grant(cable, NEW)["started"]
    assert row(cable)["period_ms"] == 250


@pytest.mark.parametrize("period_ms", [-1, "1", 1.5, 1 << 40])
def test_a_period_that_is_none_is_refused_and_nothing_is_committed(
    cable: Client, period_ms: object
) -> None:
    code, _ = cable.error("commit", upload=1, period_ms=period_ms)
    assert code == errors.BAD_REQUEST
