"""Restarts: a Rune that fails comes back later and later, until it is given up."""

import re
import time
from pathlib import Path
from typing import Any

import pytest

from runicos.contract import errors
from tests.board import run_script
from tests.device.rows import in_state, row, until
from tests.device.runes import EMPTY_CALL, EMPTY_MANIFEST, assembled, stock
from tests.device.sim_board import Client, SimBoard


def trapping(name: str, at_call: int, **changes: Any) -> bytes:
    """A Rune whose call of that number traps, each time that it is loaded."""
    return assembled(
        name,
        EMPTY_MANIFEST
        + f"""(global $n (mut i32) (i32.const 0))
        (func (export "_call") (param i32 i32 i32) (result i32)
          global.get $n  i32.const 1  i32.add  global.set $n
          global.get $n  i32.const {at_call}  i32.eq  if unreachable end  i32.const 0)""",
        **changes,
    )


def cast(client: Client, name: str, data: bytes, period_ms: int) -> None:
    client.upload(name, data)
    client.request("start", name=name, period_ms=period_ms)


def records(client: Client, name: str) -> list[tuple[int, str]]:
    """(board's clock, text) of a Rune's log."""
    return [(one[3], one[4]) for one in client.request("logs", name=name)["records"]]


def test_five_failures_in_a_row_and_it_is_given_up(tmp_path: Path) -> None:
    with SimBoard(tmp_path, "--limit", "restart_ms=20") as board, board.tcp() as client:
        cast(client, "sine", stock("sine"), 20)
        cast(client, "trapping", trapping("trapping", 3), 5)
        found = until(client, "trapping", in_state("failed"))
        assert (found["failures"], found["failures_in_row"]) == (5, 5)
        assert "retry_ms" not in found
        assert found["given_up"] is True
        assert (found["calls"], found["restarts"]) == (2 * 5, 4)
        assert found["last_error"][0] == errors.TRAP
        assert found["ram_bytes"] == 0
        name = "trapping"
        assert client.error("call", name=name) == (errors.NOT_RUNNING, [name, "given up", name])
        told = records(client, name)
        assert "given up: 5 failures in a row" in [text for _, text in told]
        calls = row(client, "sine")["calls"]
        until(client, "sine", lambda now: now["calls"] > calls)


def test_given_up_after_its_trial_the_previous_version_returns_and_the_reason_is_told(
    tmp_path: Path,
) -> None:
    """It was good enough to be confirmed, and fails five times in a row all the same."""
    good = trapping("weary", 1 << 30, release="0.1.0")
    worse = trapping("weary", 6, release="0.2.0")
    with SimBoard(tmp_path, "--limit", "restart_ms=20") as board, board.tcp() as client:
        cast(client, "weary", good, 2)
        until(client, "weary", lambda now: now["calls"] > 5)
        cast(client, "weary", worse, 2)
        found = until(client, "weary", lambda now: now["went_back"] is not None)
        found = until(client, "weary", lambda now: now["calls"] > 5)
        assert (found["release"], found["state"]) == ("0.1.0", "running")
        assert "0.2.0" in str(found["went_back"])
        assert "unreachable" in str(found["went_back"])
        told = [text for _, text in records(client, "weary")]
        assert "given up: 5 failures in a row" in told
        assert any("went back" in text for text in told), told


def test_each_time_it_waits_twice_as_long(tmp_path: Path) -> None:
    with SimBoard(tmp_path, "--limit", "restart_ms=100") as board, board.tcp() as client:
        cast(client, "trapping", trapping("trapping", 1), 5)
        until(client, "trapping", in_state("failed"))
        told = records(client, "trapping")
        failed = [at_ms for at_ms, text in told if text.startswith("backing off")]
        # The first time it was started by hand.
        started = [at_ms for at_ms, text in told if text == "running"][1:]
        waits_ms = [end - begin for begin, end in zip(failed, started, strict=True)]
        assert len(waits_ms) == 4
        for number, wait_ms in enumerate(waits_ms):
            assert wait_ms >= 75 << number


def test_the_wait_is_told_and_a_quarter_more_or_less(tmp_path: Path) -> None:
    with SimBoard(tmp_path, "--limit", "restart_ms=60000") as board, board.tcp() as client:
        cast(client, "trapping", trapping("trapping", 1), 5)
        found = until(client, "trapping", in_state("backing off"))
        assert 30_000 < found["retry_ms"] <= 75_000
        told = records(client, "trapping")[-1][1]
        assert re.fullmatch(r"backing off for (4[5-9]|[56]\d|7[0-5])\.\d s", told), told
        assert (found["failures"], found["failures_in_row"]) == (1, 1)
        assert found["last_error"][0] == errors.TRAP
        code, arguments = client.error("call", name="trapping")
        assert (code, arguments[1]) == (errors.NOT_RUNNING, "backing off")


def test_the_log_says_for_how_long_it_backs_off_and_counts_in_good_grammar(
    tmp_path: Path,
) -> None:
    with (
        SimBoard(tmp_path, "--limit", "restart_ms=20", "--limit", "failures_max=3") as board,
        board.tcp() as client,
    ):
        cast(client, "trapping", trapping("trapping", 1), 5)
        until(client, "trapping", in_state("failed"))
        told = [text for _, text in records(client, "trapping")]
    assert [text for text in told if text.startswith("backing off")] == [
        "backing off for 0.0 s"
    ] * 2
    assert [text for text in told if text.startswith("is started again")] == [
        "is started again after 1 failure",
        "is started again after 2 failures",
    ]
    assert told[-2:] == ["given up: 3 failures in a row", "failed"]


DELAYS = """
from runicos.restarts import Restarts
class System:
    board = None
restarts = Restarts(System, lambda: 0)
for failures in (1, 2, 7, 9):
    drawn = [restarts._delay_ms(failures) for _ in range(400)]
    print(min(drawn), max(drawn), len(set(drawn)))
"""


def test_waits_are_spread_and_end_at_64_seconds() -> None:
    lines = run_script(DELAYS).output.split("\n")[:4]
    for line, middle_ms in zip(lines, (1_000, 2_000, 64_000, 64_000), strict=True):
        least, most, different = map(int, line.split())
        assert middle_ms * 3 // 4 <= least < middle_ms * 4 // 5
        assert middle_ms * 6 // 5 < most <= middle_ms * 5 // 4
        assert different > 100


def test_ten_good_calls_and_it_is_as_new(tmp_path: Path) -> None:
    with SimBoard(tmp_path, "--limit", "restart_ms=1") as board, board.tcp() as client:
        cast(client, "weary", trapping("weary", 12), 1)
        found = until(client, "weary", lambda now: now["failures"] >= 8)
        assert found["failures_in_row"] == 1
        assert found["state"] != "failed"


def test_one_that_runs_again_shows_its_last_error_until_it_has_recovered(tmp_path: Path) -> None:
    with SimBoard(tmp_path, "--limit", "restart_ms=1") as board, board.tcp() as client:
        # Ten calls and then some before it fails again.
        cast(client, "weary", trapping("weary", 40), 10)
        again = until(client, "weary", lambda now: now["failures"] and now["state"] == "running")
        if "failures_in_row" in again:
            assert again["last_error"][0] == errors.TRAP
        well = until(client, "weary", lambda now: now["calls"] % 39 > 15)
        assert "failures_in_row" not in well
        assert well["last_error"] is None


@pytest.mark.parametrize("verb", ["stop", "rm"])
def test_who_stops_it_ends_that(tmp_path: Path, verb: str) -> None:
    with SimBoard(tmp_path, "--limit", "restart_ms=150") as board, board.tcp() as client:
        cast(client, "trapping", trapping("trapping", 1), 5)
        until(client, "trapping", in_state("backing off"))
        client.request(verb, name="trapping")
        time.sleep(0.4)
        rows = client.request("ps")
        assert [one["state"] for one in rows] == ([] if verb == "rm" else ["stopped"])
        assert all("failures_in_row" not in one for one in rows)
        assert [text for _, text in records(client, "trapping")].count("running") == 1


def test_a_better_one_takes_its_place(tmp_path: Path) -> None:
    with SimBoard(tmp_path, "--limit", "restart_ms=150") as board, board.tcp() as client:
        cast(client, "trapping", trapping("trapping", 1), 5)
        until(client, "trapping", in_state("backing off"))
        client.upload("trapping", assembled("trapping", EMPTY_MANIFEST + EMPTY_CALL))
        time.sleep(0.4)
        assert row(client, "trapping")["state"] == "received"
        client.request("start", name="trapping", period_ms=5)
        found = until(client, "trapping", lambda now: now["calls"] > 3)
        assert (found["failures"], found["last_error"]) == (0, None)


def test_started_by_hand_it_begins_anew(tmp_path: Path) -> None:
    with SimBoard(tmp_path, "--limit", "restart_ms=1") as board, board.tcp() as client:
        cast(client, "trapping", trapping("trapping", 1), 5)
        until(client, "trapping", in_state("failed"))
        client.request("start", name="trapping", period_ms=5)
        found = until(client, "trapping", in_state("failed"))
        assert (found["failures"], found["failures_in_row"]) == (10, 5)


def test_on_request_it_fails_at_once(tmp_path: Path) -> None:
    with SimBoard(tmp_path, "--limit", "restart_ms=1") as board, board.tcp() as client:
        cast(client, "trapping", trapping("trapping", 2), 0)
        assert client.error("call", name="trapping", count=5)[0] == errors.TRAP
        time.sleep(0.2)
        found = row(client, "trapping")
        assert (found["state"], found["failures_in_row"]) == ("failed", 1)
        assert [text for _, text in records(client, "trapping")].count("waiting") == 1


def test_no_room_for_it_is_no_failure(tmp_path: Path) -> None:
    """While it waits another takes its memory: then it is refused, and not tried again."""
    page = trapping("trapping", 1, original=True)
    quiet = assembled("quiet", EMPTY_MANIFEST + EMPTY_CALL, original=True)
    with (
        SimBoard(tmp_path, "--limit", "restart_ms=400", heap="200k") as board,
        board.tcp() as client,
    ):
        cast(client, "trapping", page, 5)
        until(client, "trapping", in_state("backing off"))
        cast(client, "quiet", quiet, 0)
        found = until(client, "trapping", in_state("failed"))
        assert found["last_error"][0] == errors.REFUSED
        assert (found["failures"], found["failures_in_row"]) == (1, 1)
        assert row(client, "quiet")["state"] == "waiting"


def test_the_board_forgets_with_a_reset(tmp_path: Path) -> None:
    with SimBoard(tmp_path, "--limit", "restart_ms=1") as board, board.tcp() as client:
        cast(client, "trapping", trapping("trapping", 1), 5)
        until(client, "trapping", in_state("failed"))
    with SimBoard(tmp_path, "--limit", "restart_ms=60000") as board, board.tcp() as client:
        found = until(client, "trapping", in_state("backing off"))
        assert found["failures_in_row"] == 1
