"""`sim up --limit`: a simulated board with other limits than its board.toml states."""

import tomllib

import pytest

import runicd
from runicd.errors import UsageError
from runicd.sim import boards
from runicd.sim.limits import LIMITS, arguments
from tests.board import ROOT
from tests.conftest import Command
from tests.flow.runes import SINE


def test_every_board_states_each_limit_within_its_range() -> None:
    for path in (ROOT / "boards").glob("*/board.toml"):
        stated = tomllib.loads(path.read_text())["limits"]
        assert set(stated) == set(LIMITS), path.parent.name
        assert arguments(stated) == [f"{name}={value}" for name, value in stated.items()]


def test_a_board_is_started_with_them_and_again_with_them(command: Command) -> None:
    words = ("--limit", "call_ms=700", "--limit", "reads_per_s=5", "--limit", "reads_per_s=9")
    assert command("sim", "up", "--board", "unix", *words).code == 0
    board = boards.find("unix-1")
    given = ["--limit", "call_ms=700", "--limit", "reads_per_s=9"]
    assert list(board.arguments)[-4:] == given
    assert command("sim", "restart", "unix-1").code == 0
    assert list(boards.find("unix-1").arguments)[-4:] == given


def test_it_is_what_the_board_keeps_to() -> None:
    with runicd.Simulator(board="unix", random=1, limits={"call_ms": 123}) as board:
        board.cast(SINE, period_ms=0)
        (row,) = board.ps()
        assert (row["name"], row["call_ms"]) == ("sine", 123)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("call_ms", "'call_ms' is no limit; write NAME=NUMBER"),
        ("=5", "'=5' is no limit; write NAME=NUMBER"),
        ("call_ms=soon", "'call_ms=soon' is no limit; write NAME=NUMBER"),
        ("call_ms=-5", "'call_ms=-5' is no limit; write NAME=NUMBER"),
        ("call_ms=0", "the limit call_ms is 1 to 600000, not 0"),
        ("call_ms=600001", "the limit call_ms is 1 to 600000, not 600001"),
        ("watchdog_ms=5", "the limit watchdog_ms is 0, for none, or at least 2000"),
        ("calls_ms=5", "a board has no limit 'calls_ms'; choose from call_ms, reads_per_s, "),
    ],
)
def test_what_is_none_is_one_clear_line(command: Command, word: str, said: str) -> None:
    ended = command("sim", "up", "--limit", word)
    assert ended.code == 2
    assert said in ended.err
    assert ended.err.count("\n") == 1
    assert boards.ids() == []


def test_a_plain_board_keeps_to_none(command: Command) -> None:
    ended = command("sim", "up", "--plain", "--board", "mps2_an385", "--limit", "call_ms=5")
    assert ended.code == 2
    assert ended.err == "runicd: a plain board keeps to no limits; leave --limit out\n"


def test_the_api_says_the_same() -> None:
    with pytest.raises(UsageError, match="a board has no limit 'speed'"):
        runicd.Simulator(board="unix", limits={"speed": 5})
