"""What a call may take, where a Rune does not say so itself: `inspect` and `ps` tell it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

import runicd
from runicd.inspect import inspect_rune, render
from runicd.inspect.boards import known_boards
from tests.conftest import Command
from tests.device.runes import EMPTY_CALL, EMPTY_MANIFEST, assembled
from tests.flow.runes import SINE
from tests.signing import signed


@pytest.fixture
def original(tmp_path: Path) -> Path:
    """A Rune of the original toolchain, which has no manifest."""
    path = tmp_path / "plain.rune"
    path.write_bytes(signed(assembled("plain", EMPTY_MANIFEST + EMPTY_CALL, original=True)))
    return path


def test_an_original_rune_has_the_boards_limit(command: Command, original: Path) -> None:
    assert "Call limit     as the board says: 5000 ms\n" in command("inspect", original).out
    told = json.loads(command("inspect", original, "--json").out)
    assert {one["board"]: one["call_limit_ms"] for one in told["boards"]}["unix"] == 5000
    assert command("sim", "up", "--board", "unix", "--limit", "call_ms=1234").code == 0
    assert command("cast", original, "--period", 0).code == 0
    (row,) = json.loads(command("ps", "--json").out)
    assert (row["name"], row["call_ms"]) == ("plain", 1234)
    head, line = command("ps").out.splitlines()[:2]
    assert "Limit ms" in head and "1234" in line.replace(",", "").split()


def test_nobody_takes_so_long_that_the_watchdog_would_bite(tmp_path: Path) -> None:
    """The host counts as the board does."""
    limits = {"watchdog_ms": 4000, "call_ms": 7000}
    facts = replace(known_boards()["unix"], limits=limits)
    rune = runicd.build(SINE, call_limit_ms=60_000)
    found = inspect_rune(rune.data, {"unix": facts})
    assert "Call limit     60000 ms: 3000 ms\n" in render(found)
    with runicd.Simulator(board="unix", limits=limits) as board:
        board.cast(rune, period_ms=0)
        (row,) = board.ps()
        assert row["call_ms"] == found.boards[0].call_limit_ms == 3000


def test_boards_that_differ_are_named() -> None:
    unix = known_boards()["unix"]
    other = replace(unix, name="other", limits={"call_ms": 9})
    assert "as the board says: 5000 ms on unix; 9 ms on other\n" in render(
        inspect_rune(runicd.build(SINE).data, {"unix": unix, "other": other})
    )
