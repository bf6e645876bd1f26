"""Versions that wait for a grant, on Cortex-M: in its small heap, and over resets of the board."""

from hashlib import sha256

import pytest

from runicd.feed import feed_sources
from runicd.sim.sensors import Sources
from runicos.contract import errors
from tests.boards.conftest import SMALLEST
from tests.boards.emulated import EmulatedBoard
from tests.device.runes import manifest_of, sample, stock, with_manifest
from tests.device.sim_board import BoardError, Client
from tests.device.test_grants import ASK, demands
from tests.device.test_waiting import NEW, OLD, faster, grant, prepare, row
from tests.device.test_waiting_starts import ALLOW, OTHER
from tests.signing import KEY_ID

BOARDS = (SMALLEST,)
HELD = {"state": "waiting", "release": "0.1.0", "waiting": ["0.9.0", sha256(NEW).digest()]}
LARGE = stock("microspeech")


def told(client: Client, *names: str) -> dict[str, object]:
    found = row(client)
    return {name: found[name] for name in names or HELD}


def test_the_old_version_runs_over_a_reset_until_the_new_one_is_granted(
    owned: EmulatedBoard,
) -> None:
    with owned.cable() as cable:
        prepare(cable)
        cable.request("call", name="sine", count=3)
        cable.upload("sine", NEW, period_ms=250)
        assert told(cable) == HELD
    owned.cut_power()
    with owned.cable() as cable:
        assert told(cable) == HELD
        assert cable.request("call", name="sine", count=3) == {"calls": 3}
        assert cable.request("demands", name="sine")["waiting"]["demands"] == demands(NEW)
        # Only some of it is not enough; the rest starts it, on trial, with its cast's period.
        assert grant(cable, NEW, "RAND") == {"started": None}
        assert told(cable) == HELD
        assert grant(cable, NEW)["started"]["granted"] == ["RAND", "SERIAL"]
        assert told(cable, "release", "waiting", "period_ms", "previous") == {
            "release": "0.9.0",
            "waiting": None,
            "period_ms": 250,
            "previous": "0.1.0",
        }
        cable.request("call", name="sine", count=3)
    owned.cut_power()
    with owned.cable() as cable:
        assert told(cable, "release", "trial", "last_error") == {
            "release": "0.9.0",
            "trial": 0,
            "last_error": None,
        }
        assert cable.request("call", name="sine") == {"calls": 1}


def test_what_waits_is_dropped_and_what_is_revoked_stays_so_over_a_reset(
    owned: EmulatedBoard,
) -> None:
    with owned.cable() as cable:
        prepare(cable)
        cable.upload("sine", NEW)
        dropped = {"dropped": True, "stopped": []}
        assert cable.request("revoke", name="sine", kinds=[]) == dropped
        assert told(cable) == HELD | {"waiting": None}
        assert cable.request("call", name="sine") == {"calls": 1}
    owned.cut_power()
    with owned.cable() as cable:
        assert told(cable) == HELD | {"waiting": None}
        cable.upload("sine", NEW)
        taken = {"dropped": True, "stopped": ["sine"]}
        assert cable.request("revoke", name="sine", kinds=["RAND"]) == taken
    owned.cut_power()
    with owned.cable() as cable:
        assert row(cable)["last_error"][0] == errors.REFUSED
        assert cable.error("call", name="sine")[0] == errors.NOT_RUNNING
        again = {"name": "sine", "demands": demands(OLD), "signer": KEY_ID}
        assert cable.request("grant", **again) == {"resumed": ["sine"]}
        assert cable.request("call", name="sine") == {"calls": 1}


def test_first_versions_wait_over_a_reset_and_a_policy_starts_them(owned: EmulatedBoard) -> None:
    with owned.cable() as cable:
        cable.request("policy_set", policy=ASK)
        cable.upload("sine", OLD, period_ms=0)
        cable.upload("other", OTHER, period_ms=50)
    owned.cut_power()
    with owned.cable() as cable:
        for name in ("sine", "other"):
            assert row(cable, name)["state"] == "waiting for a grant"
            assert cable.error("start", name=name)[0] == errors.NOT_GRANTED
        assert cable.request("policy_set", policy=ALLOW)["started"] == ["other", "sine"]
        assert cable.request("call", name="sine") == {"calls": 1}
        assert row(cable, "other")["period_ms"] == 50


def test_a_granted_version_that_fails_goes_back(owned: EmulatedBoard) -> None:
    output = manifest_of(OLD)["outputs"][0] | {"inputs": [0], "bytes_per_s": 9_999}
    worse = faster(OLD, outputs=[output])
    with owned.cable() as cable:
        prepare(cable)
        cable.request("call", name="sine", count=3)
        cable.upload("sine", worse)
        with pytest.raises(BoardError) as caught:
            grant(cable, worse)
        assert caught.value.code == errors.WENT_BACK
        assert told(cable) == HELD | {"waiting": None}
        assert cable.request("call", name="sine") == {"calls": 1}


def test_a_large_rune_runs_while_its_next_version_comes_waits_and_takes_its_place(
    owned: EmulatedBoard,
) -> None:
    """A third of the heap is the old version's when the new one is taken in and judged."""
    with owned.client() as feeder:
        feed_sources(feeder, Sources((sample("microspeech", "up_f3.wav"),)))
    output = manifest_of(LARGE)["outputs"][0] | {"bytes_per_s": 9_999}
    more = with_manifest(LARGE, release="0.9.0", outputs=[output])
    given = {"name": "microspeech", "signer": KEY_ID}
    with owned.cable() as cable:
        cable.request("policy_set", policy=ASK)
        cable.request("grant", **given, demands=demands(LARGE))
        cable.upload("microspeech", LARGE)
        cable.request("start", name="microspeech", period_ms=0)
        cable.upload("microspeech", more)
        cable.request("call", name="microspeech")
        version = {"version": sha256(more).digest(), "period_ms": 0}
        assert cable.request("grant", **given, demands=demands(more), **version)["started"]
        assert cable.request("call", name="microspeech") == {"calls": 1}
