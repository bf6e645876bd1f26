"""What a board measures of itself: fed to a simulated one, and told where it is there."""

import json

import pytest

from tests.conftest import Command
from tests.flow.runes import SINE


@pytest.fixture
def board(command: Command) -> Command:
    assert command("sim", "up").code == 0
    assert command("cast", SINE, "--period", "0", "-q").code == 0
    return command


def health(board: Command) -> list[str]:
    return [line for line in board("stats").out.splitlines() if line.startswith("  Health")]


def test_temperature_and_battery_are_told_where_there_are_any(board: Command) -> None:
    assert health(board) == []
    fed = board("feed", "--temperature", "41.5", "--battery", "3700")
    assert (fed.code, fed.out) == (0, "HEALTH: 1 file, 45 bytes\n")
    assert health(board) == ["  Health  41.5 °C, 3,700 mV of the battery"]
    (told,) = json.loads(board("top", "--once", "--json").out)
    assert told["sensors"] == {"temperature_c": 41.5, "battery_mv": 3700.0}
    assert told["journal"]["reset_cause"] == "power on"
    # What is no sensor for Runes is offered to none.
    board("feed", "--temperature", "-7.25")
    assert health(board) == ["  Health  -7.2 °C"]
    board("feed", "--clear")
    assert health(board) == []


def test_a_rune_s_uptime_begins_when_it_is_loaded(board: Command) -> None:
    (first,) = json.loads(board("stats", "--json").out).values()
    board("start", "sine")
    (again,) = json.loads(board("stats", "--json").out).values()
    (told,) = json.loads(board("top", "--once", "--json").out)
    assert 0 <= again["uptime_ms"] < told["uptime_ms"] - first["uptime_ms"]
    board("stop", "sine")
    (stopped,) = json.loads(board("stats", "--json").out).values()
    assert "uptime_ms" not in stopped
