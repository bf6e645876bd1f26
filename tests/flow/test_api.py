"""The Python API and the pytest fixtures, on real simulated boards."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import runicd
from runicd.errors import BoardError, InputError, LinkError, RefusedError
from runicd.sim import boards
from runicd.simulate import chosen_board
from runicos.contract import errors as codes
from tests.conftest import command_environment
from tests.flow.runes import DIGITS, SINE

pytestmark = pytest.mark.usefixtures("state_folder")


def test_the_example_of_the_documentation() -> None:
    rune = runicd.build(SINE)
    with runicd.Simulator() as board:
        board.cast(rune, period_ms=10)
        results = list(board.results(count=3))
    assert [result.rune for result in results] == ["sine"] * 3
    assert all(-1.1 < result.value < 1.1 for result in results)
    assert boards.ids() == []


def test_results_begin_with_the_first_call_after_a_cast() -> None:
    with runicd.Simulator() as board:
        board.cast(SINE, period_ms=3)
        assert [result.sequence for result in board.results(count=3)] == [0, 1, 2]
        assert [result.sequence for result in board.results("sine", count=3)] == [3, 4, 5]


def test_results_of_one_rune_pass_over_those_of_others() -> None:
    with runicd.Simulator() as board:
        board.cast(SINE, period_ms=3)
        assert list(board.results("digits", timeout_s=0.3)) == []


def test_results_of_a_rune_are_numbered_without_gaps() -> None:
    with runicd.Simulator() as board:
        board.cast(SINE, period_ms=5)
        first = [result.sequence for result in board.results("sine", count=5)]
        second = [result.sequence for result in board.results("sine", count=5)]
    assert first + second == list(range(first[0], first[0] + 10))


def test_results_end_when_none_come() -> None:
    with runicd.Simulator() as board:
        board.cast(SINE, period_ms=0)
        assert list(board.results(timeout_s=0.3)) == []
        assert list(board.results(count=0)) == []


def test_calling_returns_what_the_call_sent() -> None:
    with runicd.Simulator(image=DIGITS / "samples", once=True) as board:
        board.cast(DIGITS, period_ms=0)
        words = [board.call()[0].value for _ in range(10)]
        assert words[:3] == ["zero", "one", "two"]
        with pytest.raises(BoardError) as caught:
            board.call("digits")
        assert caught.value.code == codes.SOURCE_END
        (row,) = board.ps()
        assert row["state"] == "stopped"
        assert row["error"] == "the data of IMAGE has come to its end"


def test_every_verb() -> None:
    with runicd.Simulator() as board:
        assert board.name == board.id
        assert board.facts()["provider"] == f"runicos:{chosen_board()}"
        assert board.preflight(SINE).ok
        assert not board.preflight(DIGITS).ok
        done = board.cast(SINE)
        assert (done.name, done.self_test) == ("sine", "passed")
        board.stop("sine")
        assert board.ps()[0]["state"] == "stopped"
        words = r"sine is not running \(stopped\); `runicd start sine` runs it"
        with pytest.raises(BoardError, match=words):
            board.call("sine")
        board.start("sine", period_ms=0)
        assert board.ps()[0]["state"] == "waiting"
        board.call()
        assert [stage["name"] for stage in board.stats()["stages"]] == [
            "random", "turn", "sine", "serial",
        ]  # fmt: skip
        assert "sine" in {record.rune for record in board.logs()}
        assert all(record.rune == "sine" for record in board.logs("sine"))
        board.remove("sine")
        assert board.ps() == []
        with pytest.raises(InputError, match="there is no Rune on the board; give its name"):
            board.call()


def test_two_runes_run_side_by_side() -> None:
    with runicd.Simulator(image=DIGITS / "samples") as board:
        board.cast(SINE, period_ms=10)
        board.cast(DIGITS, period_ms=10)
        # What sine gave before the other came is kept too, on a slow machine a lot of it.
        found = board.results(count=2000)
        assert any(result.rune == "sine" for result in found)
        assert any(result.rune == "digits" for result in found)
        with pytest.raises(InputError, match="there are digits, sine; give its name"):
            board.call()


def test_a_restart_brings_the_runes_back() -> None:
    with runicd.Simulator() as board:
        board.cast(SINE, period_ms=10)
        board.restart()
        assert board.ps()[0]["state"] == "running"
        assert len(list(board.results("sine", count=2))) == 2


def fill(board: runicd.LiveBoard) -> None:
    for number in range(20):
        board.cast(runicd.build(SINE, name=f"sine-{number}"))


def test_a_heap_that_is_too_small_refuses_with_numbers() -> None:
    with runicd.Simulator(heap_bytes=160 << 10) as board:
        with pytest.raises(RefusedError) as caught:
            fill(board)
        (reason,) = caught.value.reasons
        short, needed, available = (int(word) for word in reason.split() if word.isdigit())
        assert reason.startswith(f"short by {short} bytes of RAM")
        assert short == needed - available > 0
        running = [row for row in board.ps() if row["state"] == "running"]
        assert len(running) > 1


def test_a_board_can_be_joined_by_its_target() -> None:
    with runicd.Simulator() as board:
        board.cast(SINE)
        for target in (board.id, board.pty):
            with board.free_port(), runicd.connect(target) as other:
                assert [row["name"] for row in other.ps()] == ["sine"]


def test_targets_are_listed() -> None:
    assert runicd.list_targets() == []


def test_an_exception_takes_the_board_along() -> None:
    with pytest.raises(ZeroDivisionError), runicd.Simulator():
        raise ZeroDivisionError
    assert boards.ids() == []


def test_closing_twice_and_using_a_closed_board() -> None:
    board = runicd.Simulator()
    board.close()
    board.close()
    with pytest.raises(LinkError):
        board.stop("sine")


def test_names_that_are_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'frobnicate'"):
        _ = runicd.frobnicate
    with pytest.raises(InputError, match="no such file"):
        runicd.open_rune("nowhere.rune")


def test_the_fixture_is_a_fresh_board(board: runicd.Simulator) -> None:
    board.cast(SINE, period_ms=0)
    assert len(board.ps()) == 1
    assert -1.1 < board.call().value < 1.1


def test_the_factory_starts_boards_with_files(
    simulator: Callable[..., runicd.Simulator],
) -> None:
    first = simulator(image=[DIGITS / "samples" / "7.png"])
    second = simulator()
    assert first.id != second.id
    first.cast(DIGITS, period_ms=0)
    assert first.call()[0].value == "seven"


def test_the_plugin_serves_other_peoples_tests(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(
        "def test_mine(board):\n"
        f"    board.cast({str(SINE)!r}, period_ms=0)\n"
        "    assert board.call()[0].rune == 'sine'\n\n"
        "def test_failing(board):\n"
        "    assert board.ps() == ['something']\n"
    )
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "runicd.pytest_plugin", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=command_environment() | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        check=False,
    )
    assert "1 failed, 1 passed" in ended.stdout
    assert boards.ids() == []
