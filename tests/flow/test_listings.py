"""What the listings say about a board with a Rune on it: as text in a fixed order, and as JSON."""

import json
import re

import pytest

from tests.conftest import Command
from tests.flow.runes import DIGITS, SINE

FIGURES = (
    r"sine 0\.1\.0",
    r"  State   waiting, called on request",
    r"  Calls   2, 0 failed, 0 dropped",
    r"  Time    [\d,]+ us on average, [\d,]+ us at most, [\d,]+ us the last",
    r"  RAM     [\d,]+ bytes(, [\d,]+ \w+)*",
    r"  Heap    [\d,]+ bytes used, [\d,]+ bytes free",
    r"Kind +Stage +Timed +Mean us +Max us +Last us +Share % +RAM bytes",
    r"capability  random +\d+ .*",
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
    for line, pattern in zip(lines, FIGURES, strict=False):
        assert re.fullmatch(pattern, line), line
    assert len(lines) == len(FIGURES) + 3
    assert board("stats", "sine").out.splitlines()[:3] == lines[:3]


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
    assert json.loads(command("stats", "--json").out)["digits"]["error"] == words


def test_every_listing_is_json_when_asked_for(board: Command) -> None:
    for listing in LISTINGS:
        ended = board(*listing, "--json")
        assert (ended.code, ended.err) == (0, "")
        assert json.loads(ended.out)
        assert "\x1b" not in ended.out


def test_a_log_is_an_object_a_line_when_asked_for(board: Command) -> None:
    records = [json.loads(line) for line in board("logs", "--json").out.splitlines()]
    assert {"sequence", "level", "rune", "ticks_ms", "text"} == set(records[0])
    assert "sine" in {record["rune"] for record in records}
