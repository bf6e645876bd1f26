"""A Rune whose first call fails: told when it is started, and again when it is called."""

from pathlib import Path

import pytest
import wasmtime

import runicd
from runicd.errors import BoardError
from runicd.simulate import chosen_board
from tests.conftest import Command
from tests.signing import signed


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """Return an original Rune without golden vectors that traps whenever it is called."""
    path = tmp_path / "trap.rune"
    module = bytes(
        wasmtime.wat2wasm(
            '(module (import "env" "request_output" (func $output (param i32) (result i32)))'
            '(memory (export "memory") 1)'
            '(func (export "_manifest") (result i32)'
            " (drop (call $output (i32.const 1))) (i32.const 1))"
            '(func (export "_call") (param i32 i32 i32) (result i32) unreachable))'
        )
    )
    path.write_bytes(signed(module))
    return path


def test_a_cast_whose_first_call_fails_says_so(command: Command, trap: Path) -> None:
    command("sim", "up")
    ended = command("cast", trap, "--period", "50")
    assert ended.code == 5
    where = f"runicd: {chosen_board()}-1: "
    assert ended.err.startswith(where + "trap failed in its first call: [trap] unreachable")
    assert ended.err.endswith("; `runicd logs trap` tells more\n")
    assert "Running" not in ended.out


def test_a_start_whose_first_call_fails_says_so(command: Command, trap: Path) -> None:
    command("sim", "up")
    assert command("cast", trap, "--period", "0").code == 0
    ended = command("start", "trap", "--period", "50")
    assert (ended.code, ended.out) == (5, "")
    assert "trap failed in its first call: [trap] unreachable" in ended.err


def test_a_call_of_a_failed_rune_says_why_it_failed(command: Command, trap: Path) -> None:
    command("sim", "up")
    command("cast", trap, "--period", "50")
    ended = command("call", "trap")
    assert ended.code == 1
    assert "trap is not running (backing off): [trap] unreachable" in ended.err
    assert "`runicd start trap` runs it" in ended.err


def test_the_reason_of_a_failure_is_in_the_log_and_in_every_answer(
    command: Command, trap: Path
) -> None:
    command("sim", "up")
    assert command("cast", trap, "--period", "0").code == 0
    assert command("call", "trap").code == 5
    reason = "[trap] unreachable executed at call 1"
    assert f" error   trap: {reason}\n" in command("logs", "trap").out
    assert command("ps").out.rstrip().endswith(reason)
    measured = command("bench", "trap")
    assert measured.err.endswith(
        f"trap is not running (failed): {reason}; `runicd start trap --period 0` loads it\n"
    )


@pytest.mark.usefixtures("state_folder")
def test_the_api_raises_what_a_first_call_fails_with(trap: Path) -> None:
    with runicd.Simulator() as board:
        with pytest.raises(BoardError, match="failed in its first call") as caught:
            board.cast(trap, period_ms=50)
        assert caught.value.exit_code == 5


def test_the_log_of_a_rune_that_is_not_there_is_an_error(command: Command, trap: Path) -> None:
    command("sim", "up")
    ended = command("logs", "nosuch")
    assert (ended.code, ended.out) == (1, "")
    assert "there is no Rune named nosuch on the board" in ended.err
    command("cast", trap, "--period", "0")
    assert command("rm", "trap").code == 0
    assert command("logs", "trap").out.endswith(" trap: removed\n")
