"""The log over resets of a board: told with its boots, followed without gaps, counted in stats."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from runicd import targets
from tests.conftest import Command, command_environment
from tests.device.runes import stock
from tests.device.sim_board import Client, SimBoard
from tests.device.test_restarts import trapping
from tests.flow.runes import SINE


@pytest.fixture
def board(command: Command) -> Command:
    assert command("sim", "up").code == 0
    assert command("cast", SINE, "--period", "20", "-q").code == 0
    return command


def reset() -> None:
    with targets.connect("unix-1") as client:
        client.request("reset")


@pytest.fixture
def following(board: Command, request: pytest.FixtureRequest) -> Iterator["subprocess.Popen[str]"]:
    """Return `runicd logs -f`, with more arguments where a test gives them."""
    process = subprocess.Popen(
        [sys.executable, "-m", "runicd", "logs", "-f", *getattr(request, "param", ())],
        stdout=subprocess.PIPE,
        text=True,
        env=command_environment(),
    )
    yield process
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)


def test_lines_from_before_a_reset_are_shown_with_their_boot(
    following: "subprocess.Popen[str]", board: Command
) -> None:
    assert following.stdout is not None
    seen = [following.stdout.readline()]
    assert re.fullmatch(r"  1 +0\.\d{3} info    -: RunicOS \S+ on \S+: power on\n", seen[0])
    reset()
    while not re.match(r"  2 .*sine: running", seen[-1]):
        assert seen[-1], seen
        seen.append(following.stdout.readline())
    (boot,) = [at for at, line in enumerate(seen) if line.endswith(": reset\n")]
    assert "restarts, as it was asked to" in seen[boot - 1]
    assert [line[:3] for line in seen] == ["  1"] * boot + ["  2"] * (len(seen) - boot)
    # Nothing was missed, and nothing came twice.
    held = board("logs").out.splitlines(keepends=True)
    assert held[: len(seen)] == seen
    with_one = board("logs", "sine").out.splitlines()
    assert with_one and all(" sine: " in line for line in with_one)


@pytest.mark.parametrize("following", [("--level", "warning")], indirect=True)
def test_a_power_cut_costs_a_follower_the_link_and_nothing_that_comes_later(
    following: "subprocess.Popen[str]", board: Command, tmp_path: Path
) -> None:
    (tmp_path / "shaky.rune").write_bytes(trapping("shaky", 1))
    assert following.stdout is not None
    for round_number in range(2):
        if round_number:
            # The journal's memory loses its power, too: it begins anew, with boot 1.
            assert board("sim", "restart", "unix-1").code == 0
        else:
            board("cast", "shaky.rune", "--period", "0", "-q")
        assert board("start", "shaky").code == 0
        assert board("call", "shaky").code == 5
        line = following.stdout.readline()
        assert re.fullmatch(r"  1 +[\d.]+ error   shaky: \[trap\] unreachable .*\n", line)


def test_stats_and_health_tell_of_the_journal(board: Command) -> None:
    reset()
    told = json.loads(board("stats", "--json").out)["sine"]["journal"]
    assert told["boot"] == 2
    assert told["kept"] is True
    line = next(line for line in board("stats").out.splitlines() if "Journal" in line)
    assert re.fullmatch(r"  Journal \d+ records, 0 dropped, boot 2 \(reset\)", line)


def test_a_rune_that_is_not_there_has_no_log(board: Command) -> None:
    ended = board("logs", "absent")
    assert (ended.code, ended.out) == (1, "")
    assert "absent" in ended.err


def frames_of(client: Client) -> bytes:
    found, after = b"", 0
    while True:
        answer = client.request("saga", after=after)
        if not answer["frames"]:
            return found
        found += answer["frames"]
        after = last_number(answer["frames"])


def last_number(frames: bytes) -> int:
    while frames:
        length = int.from_bytes(frames[4:6], "little")
        number, frames = int.from_bytes(frames[8:12], "little"), frames[length:]
    return number


def kinds_of(frames: bytes) -> list[int]:
    kinds = []
    while frames:
        kinds.append(frames[6])
        frames = frames[int.from_bytes(frames[4:6], "little") :]
    return kinds


def test_what_runes_did_is_counted_now_and_then(tmp_path: Path) -> None:
    with SimBoard(tmp_path, "--limit", "counts_s=1") as board, board.tcp() as client:
        client.upload("sine", stock("sine"))
        client.request("subscribe", topics=["saga"], name="sine")
        client.request("start", name="sine", period_ms=20)
        events = client.wait_events(3)
        counts = [value for topic, value in events if topic == "saga" and value[6] == 8]
        while len(counts) < 2:
            value = client.wait_events(1)[0][1]
            counts += [value] if value[6] == 8 else []
        calls = [int.from_bytes(value[23:27], "little") for value in counts]
        assert 0 < calls[0] < calls[1]
        kinds = kinds_of(frames_of(client))
        assert kinds[0] == 1
        assert kinds.count(8) >= 2
