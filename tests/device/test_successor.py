"""A host that dies between `commit` and `start` costs no Rune its running."""

import time
from pathlib import Path

import pytest

from runicos.contract import errors
from tests.device.runes import stock, with_manifest
from tests.device.sim_board import SimBoard
from tests.device.test_versions import TRAPPING_CALL, confirmed, row, small, wait_for

OLD = stock("sine")
NEW = with_manifest(OLD, release="9.0.0")


def run_old(board: SimBoard, period_ms: int) -> None:
    with board.tcp() as client:
        confirmed(client, "sine", OLD, period_ms=period_ms)


@pytest.mark.parametrize(("period_ms", "state"), [(20, "running"), (0, "waiting")])
def test_a_version_whose_host_is_gone_runs_as_the_one_before(
    tmp_path: Path, period_ms: int, state: str
) -> None:
    with SimBoard(tmp_path) as board:
        run_old(board, period_ms)
        with board.tcp() as client:
            client.upload("sine", NEW)
        with board.tcp() as client:
            found = wait_for(client, "sine", state=state)
            assert (found["release"], found["period_ms"]) == ("9.0.0", period_ms)
            if not period_ms:
                client.request("call", name="sine", count=3)
            assert wait_for(client, "sine", trial=0)["previous"] == "0.1.0"


def test_a_version_whose_host_says_nothing_runs_after_a_while(tmp_path: Path) -> None:
    """On a serial line nobody says goodbye."""
    with SimBoard(tmp_path) as board:
        run_old(board, 20)
        with board.tcp() as client:
            client.upload("sine", NEW)
            assert row(client, "sine")["state"] == "received"
            assert wait_for(client, "sine", state="running")["release"] == "9.0.0"


@pytest.mark.parametrize("verb", ["stop", "start"])
def test_a_host_that_decides_is_obeyed(tmp_path: Path, verb: str) -> None:
    with SimBoard(tmp_path) as board:
        run_old(board, 20)
        with board.tcp() as client:
            client.upload("sine", NEW)
            client.request(verb, name="sine", **({"period_ms": 0} if verb == "start" else {}))
        with board.tcp() as client:
            logged = client.request("logs")["records"]
            assert row(client, "sine")["state"] == {"stop": "stopped", "start": "waiting"}[verb]
            assert not any("no host starts it" in record[4] for record in logged)


def test_what_nobody_had_started_waits_for_its_start(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board:
        for data in (OLD, NEW):
            with board.tcp() as client:
                client.upload("sine", data)
        with board.tcp() as client:
            time.sleep(0.5)
            assert row(client, "sine")["state"] == "received"


def test_a_version_that_fails_when_it_is_started_goes_back(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board:
        with board.tcp() as client:
            confirmed(client, "small", small("0.1.0"), period_ms=20)
            client.upload("small", small("0.2.0", TRAPPING_CALL))
        with board.tcp() as client:
            told = wait_for(client, "small", release="0.1.0", state="running")
            assert told["went_back"][:2] == ["0.2.0", errors.TRAP]


def test_a_version_on_trial_that_is_replaced_at_once_starts_once(tmp_path: Path) -> None:
    """Of two commits, one after the other, the second one's version runs."""
    with SimBoard(tmp_path) as board:
        run_old(board, 20)
        with board.tcp() as client:
            for release in ("8.0.0", "9.0.0"):
                client.upload("sine", with_manifest(OLD, release=release))
        with board.tcp() as client:
            assert wait_for(client, "sine", state="running")["release"] == "9.0.0"
            records = client.request("logs")["records"]
            assert sum("no host starts it" in record[4] for record in records) == 1
