"""`runicd sim` as processes: what ended, what is named, what is not there."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from runicd.sim import boards
from tests.conftest import Command


def kill_only_board() -> Path:
    """Kill the one board from outside, and return its folder."""
    (board,) = boards.boards()
    os.kill(board.pid, signal.SIGKILL)
    end = time.monotonic() + 5
    while board.alive and time.monotonic() < end:
        time.sleep(0.02)
    return board.folder


def test_a_board_that_was_killed_is_listed_as_ended(command: Command) -> None:
    command("sim", "up")
    folder = kill_only_board()
    (row,) = json.loads(command("sim", "ls", "--json").out)
    assert (row["id"], row["state"]) == ("unix-1", "ended")
    assert " ended " in command("sim", "ls").out
    assert (folder / "log.txt").exists()
    assert command("sim", "restart").out.startswith("unix-1 is up: ")
    assert json.loads(command("sim", "ls", "--json").out)[0]["state"] == "running"
    kill_only_board()
    assert command("sim", "down").out == "unix-1 is down\n"
    assert not folder.exists()


@pytest.mark.parametrize("verb", ["down", "restart"])
def test_where_no_board_is_that_is_said(command: Command, verb: str) -> None:
    ended = command("sim", verb)
    assert ended.code == 0
    assert ended.out == "No simulated boards; start one with `runicd sim up`.\n"


def test_one_name_is_not_for_two_boards(command: Command) -> None:
    ended = command("sim", "up", "-n", "2", "--name", "hall")
    assert ended.code == 2
    assert ended.err == "runicd: --name names one board; leave -n or --name out\n"
    assert boards.ids() == []


def test_a_board_is_reached_by_its_name(command: Command) -> None:
    command("sim", "up", "--name", "hall")
    assert command("ps", "-t", "hall").code == 0
    assert command("sim", "down", "hall").out == "hall is down\n"
