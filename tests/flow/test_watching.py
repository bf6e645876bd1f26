"""trace, top, test -t and logs --level on a board, and top in a terminal of 80 columns."""

import json
import os
import re
import sys
from pathlib import Path

import pexpect
import pytest

from tests.conftest import Command, command_environment
from tests.device.test_restarts import trapping
from tests.flow.runes import DIGITS, SINE

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def board(command: Command) -> Command:
    assert command("sim", "up").code == 0
    assert command("cast", SINE, "--period", "10", "-q").code == 0
    return command


def test_a_call_is_traced_stage_by_stage(board: Command, tmp_path: Path) -> None:
    text = board("trace", "sine", "--chrome", "sine.json").out.splitlines()
    assert re.fullmatch(r"sine on unix-1: one call, [\d,]+ us", text[0])
    assert {len(line) for line in text[1:8]} == {80}
    assert text[-1].startswith("sine.json: written")
    events = json.loads((tmp_path / "sine.json").read_text())["traceEvents"]
    assert [e["name"] for e in events if e["ph"] == "X"] == [
        "call sine",
        "random",
        "turn",
        "sine",
        "serial",
    ]
    told = json.loads(board("trace", "sine", "--json").out)
    starts = [stage["start_us"] for stage in told["stages"]]
    assert starts == sorted(starts)
    last = told["stages"][-1]
    assert last["start_us"] + last["took_us"] <= told["call_us"]


def test_a_traced_call_is_a_call(board: Command) -> None:
    board("cast", SINE, "--period", "0", "-q")
    board("trace", "sine")
    (row,) = json.loads(board("ps", "--json").out)
    assert row["calls"] == 1


def test_a_rune_that_is_not_there_cannot_be_traced(board: Command) -> None:
    ended = board("trace", "absent", "--chrome", "absent.json")
    assert (ended.code, ended.out) == (1, "")
    assert "absent" in ended.err


def test_why_a_rune_cannot_be_traced_is_told(board: Command, tmp_path: Path) -> None:
    (tmp_path / "shaky.rune").write_bytes(trapping("shaky", 2))
    assert board("cast", "shaky.rune", "--period", "0", "-q").code == 0
    # A Rune without stages is a call alone.
    assert len(board("trace", "shaky").out.splitlines()) == 2
    failed = board("trace", "shaky")
    assert (failed.code, failed.out) == (5, "")
    assert "[trap] unreachable executed at call 2" in failed.err
    again = board("trace", "shaky")
    assert again.code == 1
    assert "shaky is not running (failed): [trap] unreachable executed" in again.err
    board("stop", "sine")
    stopped = board("trace", "sine")
    assert stopped.code == 1
    assert "sine is not running (stopped); `runicd start sine" in stopped.err


def test_one_frame_or_one_line_of_json_is_printed(board: Command) -> None:
    lines = board("top", "--once", "--interval", "0.2").out.splitlines()
    assert lines[0].startswith("unix-1  unix-1  up 0:00:")
    assert any(re.match(r"  sine +running +\d+", line) for line in lines)
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in "".join(lines)
    (told,) = json.loads(board("top", "--once", "--json", "--interval", "1").out)
    assert told["runes"][0]["calls_per_s"] > 0
    assert 0 <= told["load"] <= 1


def test_a_board_that_is_not_there_is_shown_as_lost(board: Command) -> None:
    ended = board("top", "--once", "--interval", "0.1", "-t", "unix-1", "-t", "127.0.0.1:1")
    assert ended.code == 0
    assert "127.0.0.1:1: " in ended.out
    assert board("top", "--once", "--interval", "0.1", "-t", "127.0.0.1:1").code == 4


@pytest.mark.parametrize("key", ["q", "\x03"])
def test_a_key_leaves_the_terminal_as_it_was(board: Command, key: str) -> None:
    child = pexpect.spawn(
        sys.executable,
        ["-m", "runicd", "top", "--interval", "0.1"],
        dimensions=(24, 80),
        encoding="utf-8",
        env=command_environment()
        | {"TERM": "xterm", "RUNICD_STATE_DIR": os.environ["RUNICD_STATE_DIR"]},
        timeout=30,
    )
    for _ in range(3):
        child.expect("sine")
    child.send(key)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert "\x1b[?1049l" in child.before  # back from the alternate screen
    assert "\x1b[?25h" in child.before  # with the cursor
    frames = ESCAPES.sub("", child.before).replace("\r", "").split("\n")
    assert "Traceback" not in child.before
    assert max(map(len, frames)) <= 2 * 80  # two frames meet where one ends


def test_golden_vectors_run_on_the_board_that_is_named(board: Command) -> None:
    assert board("test", "sine", "-t", "unix-1").out == "sine: self-test passed\n"
    ended = board("test", SINE, "-t", "unix-1", "--json")
    assert json.loads(ended.out) == {"rune": "sine", "self_test": "passed", "reason": ""}
    assert ended.err == ""
    (row,) = json.loads(board("ps", "--json").out)
    assert row["state"] == "running"


def test_a_file_is_not_tested_where_another_version_is_on_the_board(board: Command) -> None:
    board("build", SINE, "--release", "9.9", "-o", "sine.rune")
    ended = board("test", "sine.rune", "-t", "unix-1")
    assert (ended.code, ended.out) == (1, "")
    (line,) = ended.err.splitlines()
    assert "the sine on the board is another version than sine.rune, so nothing is tested" in line
    assert "`runicd cast sine.rune -t unix-1` puts it there" in line
    assert board("test", "sine", "-t", "unix-1").out == "sine: self-test passed\n"


def test_a_rune_that_is_not_loaded_cannot_be_tested(board: Command) -> None:
    assert board("test", DIGITS, "-t", "unix-1").code == 1
    assert board("test", SINE, "-t", "unix-1", "--update").code == 2


def test_records_that_are_less_grave_are_left_out(board: Command) -> None:
    every = board("logs").out.splitlines()
    assert board("logs", "--level", "debug").out.splitlines() == every
    assert all(" info " in line for line in every)
    assert board("logs", "--level", "warning").out == ""
