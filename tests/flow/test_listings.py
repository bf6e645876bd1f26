"""What the listings say about a board with a Rune on it: as text in a fixed order, and as JSON."""

import json
import re
from pathlib import Path

import pytest

from tests.board import ROOT
from tests.conftest import Command
from tests.device.rows import in_state, until
from tests.device.sim_board import SimBoard
from tests.device.test_restarts import trapping
from tests.flow.runes import DIGITS, SINE

FIGURES = (
    r"sine 0\.1\.0",
    r"  State   waiting, called on request, for 0:0\d:\d\d",
    r"  Calls   2, 0 failed, 0 restarts, 0 dropped",
    r"  Time    [\d,]+ us on average, [\d,]+ us at most, [\d,]+ us the last",
    r"  Latency [\d.,]+ us p50, [\d.,]+ us p95, [\d.,]+ us p99, of (1 that was|2 that were) timed",
    r"  Load    [\d.]+ % since it was loaded",
    r"  Fuel    [1-9][\d,]* by the last call, of [\d,]+",
    r"  RAM     [\d,]+ bytes",
    r"  At most bytes: [\d,]+ of wasm stack, [\d,]+ of wasm memory, [\d,]+ of the ring",
    r"  Flash   [\d,]+ bytes written(, [\d,]+ erased)?, since the board was started",
    r"  Input   mean [\d.]+, deviation [\d.e-]+ \(f32\); golden vectors: mean 0.125, deviation 0",
    r"  Drift   too few golden vectors: 1",
    r"Kind +Stage +Timed +Mean us +p50 +p95 +p99 +Max us +Share % +RAM bytes",
    r"capability  random +\d+ .*",
    r"block       turn +\d+ .*",
    r"model       sine +\d+ .*",
    r"output      serial +\d+ .*",
    r"The board",
    r"  Heap    [\d,]+ bytes used, [\d,]+ of them by wasm3, [\d,]+ bytes free, .* so far",
    r"  Flash   [\d,]+ bytes written(, [\d,]+ erased; of files: .* written, .* erased)?",
    r"  Journal \d+ records, 0 dropped, began with this boot \(power on\)",
)

LISTINGS = (
    ("ps",),
    ("stats",),
    ("stats", "sine"),
    ("sim", "ls"),
    ("targets", "ls"),
    ("version",),
    ("inspect", SINE),
    ("model", "info", SINE / "sine_float.tflite"),
)


@pytest.fixture
def board(command: Command) -> Command:
    """Give the commands a board on which sine has been called twice."""
    assert command("sim", "up").code == 0
    assert command("cast", SINE, "--period", "0", "-q").code == 0
    assert command("call", "sine", "-n", "2").code == 0
    return command


def test_stats_has_a_line_for_each_matter_in_a_fixed_order(board: Command) -> None:
    lines = board("stats").out.splitlines()
    for line, pattern in zip(lines, FIGURES, strict=True):
        assert re.fullmatch(pattern, line), line
    again = board("stats", "sine").out.splitlines()
    # All but the time since when it runs, which goes on.
    said = [line.partition(", for ")[0] for line in lines[:3]]
    assert [line.partition(", for ")[0] for line in again[:3]] == said


def test_numbers_stand_to_the_right_of_their_columns(board: Command) -> None:
    heading, row = board("ps").out.splitlines()
    for name in ("Calls", "Failures", "Period ms", "RAM bytes"):
        end = heading.index(name) + len(name)
        assert row[end - 1].isdigit()
        assert row[end : end + 1] in {"", " "}
    assert row.startswith("sine  ")


def test_the_last_error_of_a_rune_is_told_in_words(command: Command) -> None:
    command("sim", "up", "--once", "--image", DIGITS / "samples" / "4.png")
    command("cast", DIGITS, "--period", "0")
    assert command("call", "digits", "-n", "2").code == 5
    words = "the data of IMAGE has come to its end"
    assert command("ps").out.rstrip().endswith(words)
    assert command("stats").out.splitlines()[6] == f"  Error   {words}"
    assert [line[23:].rstrip() for line in command("logs").out.splitlines()[-2:]] == [
        f"digits: {words}",
        "digits: stopped",
    ]
    assert json.loads(command("stats", "--json").out)["digits"]["error"] == words


def test_as_many_runs_are_timed_as_calls_are_counted(command: Command) -> None:
    """The golden vectors that run before the first call are none."""
    sounds = (ROOT / "runes" / "microspeech" / "samples").glob("up_*.wav")
    assert command("sim", "up", "--sound", next(sounds)).code == 0
    assert command("cast", ROOT / "runes" / "microspeech", "--period", "0").code == 0
    assert command("stats", "--json").out.count('"calls": 0') == 8
    assert command("call", "microspeech", "-n", "3").code == 0
    (told,) = json.loads(command("stats", "--json").out).values()
    assert [told["calls"], *(stage["calls"] for stage in told["stages"])] == [3] * 8


def test_the_heap_is_told_once_for_all_runes(board: Command) -> None:
    assert board("build", SINE, "-n", "second").code == 0
    assert board("cast", "second.rune", "--period", "0").code == 0
    words = [line.split()[0] for line in board("stats").out.splitlines()]
    assert [words.count(word) for word in ("State", "RAM", "Heap")] == [2, 2, 1]
    assert words[-4:] == ["The", "Heap", "Flash", "Journal"]


def test_every_listing_is_json_when_asked_for(board: Command) -> None:
    for listing in LISTINGS:
        ended = board(*listing, "--json")
        assert (ended.code, ended.err) == (0, "")
        assert json.loads(ended.out)
        assert "\x1b" not in ended.out


def test_a_log_is_an_object_a_line_when_asked_for(board: Command) -> None:
    records = [json.loads(line) for line in board("logs", "--json").out.splitlines()]
    assert {"sequence", "level", "rune", "ticks_ms", "text", "boot"} == set(records[0])
    assert "sine" in {record["rune"] for record in records}


def test_a_rune_that_failed_lately_says_how_often_and_until_when_it_waits(
    command: Command, tmp_path: Path
) -> None:
    flash = tmp_path / "flash"
    with SimBoard(flash, "--limit", "restart_ms=60000") as board:
        target = ("-t", f"tcp://127.0.0.1:{board.tcp_port}")
        with board.tcp() as client:
            client.upload("trapping", trapping("trapping", 1))
            client.request("start", name="trapping", period_ms=5)
            until(client, "trapping", in_state("backing off"))
        line = command("ps", *target).out.splitlines()[1]
        lately = r"again in \d\d\.\d s"
        assert re.search(rf"  backing off  .* unreachable .* at call 1 \({lately}\)$", line), line
        (row,) = json.loads(command("ps", "--json", *target).out)
        assert row["state"] == "backing off"
        assert row["failures_in_row"] == 1
        assert 30_000 < row["retry_ms"] <= 75_000
        assert "backing off" in command("stats", "trapping", *target).out


def test_a_rune_that_was_given_up_is_said_to_be(command: Command, tmp_path: Path) -> None:
    limits = ("--limit", "restart_ms=1", "--limit", "failures_max=2")
    with SimBoard(tmp_path / "flash", *limits) as board:
        target = ("-t", f"tcp://127.0.0.1:{board.tcp_port}")
        with board.tcp() as client:
            client.upload("trapping", trapping("trapping", 1))
            client.request("start", name="trapping", period_ms=5)
            until(client, "trapping", in_state("failed"))
        line = command("ps", *target).out.splitlines()[1]
        assert re.search(r"  given up  .* at call 1 \(2 failures in a row\)$", line), line
        (row,) = json.loads(command("ps", "--json", *target).out)
        assert (row["state"], row["given_up"]) == ("failed", True)
        assert "given up (2 failures in a row), " in command("stats", "trapping", *target).out
        assert "1 Rune: 1 given up" in command("top", "--once", *target).out


def test_a_board_whose_links_are_all_taken_says_so_and_what_to_do(
    command: Command, tmp_path: Path
) -> None:
    with SimBoard(tmp_path / "flash") as board:
        target = f"127.0.0.1:{board.tcp_port}"
        links = [board.tcp() for _ in range(4)]
        for link in links:
            link.request("hello")
        ended = command("ps", "-t", target)
        for link in links:
            link.line.close()
    assert (ended.code, ended.out) == (4, "")
    assert ended.err == (
        f"runicd: {target}: all 5 links to the board are taken, its serial line's among them; "
        "end a runicd that is connected to it, or try again in 30 s: one that says and follows "
        "nothing gives way then\n"
    )
