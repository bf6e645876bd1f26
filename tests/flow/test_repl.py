"""The serial port is shared: mpremote's REPL and runicd, in turn, while Runes go on running."""

import subprocess
import sys
import time

import pexpect
import pytest

import runicd
from runicd.errors import LinkBusy
from runicd.simulate import chosen_board
from tests.flow.runes import SINE

pytestmark = pytest.mark.usefixtures("state_folder")


def mpremote(port: str, *arguments: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "mpremote", "connect", port, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_mpremote_and_runicd_take_turns_on_one_port() -> None:
    with runicd.Simulator() as board:
        board.cast(SINE, period_ms=50)
        with board.free_port() as port:
            with runicd.connect(port) as serial:
                before = serial.ps()[0]["calls"]
            out = mpremote(port, "exec", "import runicos, nn, dsp, wasm3; runicos.ps()")
            assert "sine" in out
            with runicd.connect(port) as serial:
                (row,) = serial.ps()
        assert row["state"] == "running"
        assert row["calls"] > before


def test_a_cast_over_the_port_of_a_repl() -> None:
    with runicd.Simulator() as board, board.free_port() as port:
        assert mpremote(port, "eval", "6 * 7").strip() == "42"
        with runicd.connect(port) as serial:
            assert serial.cast(SINE).self_test == "passed"
            assert len(list(serial.results("sine", count=1))) == 1
        assert mpremote(port, "exec", "x = 5; print(x)").strip() == "5"


def test_an_open_repl_keeps_the_port_and_leaves_it_usable() -> None:
    with runicd.Simulator() as board:
        board.cast(SINE, period_ms=50)
        with board.free_port() as port:
            open_a_repl_and_leave_it_in_the_middle(board, port)
            mpremote(port, "exec", "print(1)")
            with runicd.connect(port) as serial:
                assert serial.ps()[0]["state"] == "running"


def open_a_repl_and_leave_it_in_the_middle(board: runicd.Simulator, port: str) -> None:
    repl = pexpect.spawn(sys.executable, ["-m", "mpremote", "connect", port, "repl"], timeout=20)
    repl.expect("Connected to")
    repl.send("\r")
    repl.expect(">>> ")
    repl.send("print(6 * 7)\r")
    repl.expect("42\r\n")
    with pytest.raises(LinkBusy, match="the port is busy"):
        runicd.connect(port)
    if chosen_board() == "unix":  # the others have one link alone
        assert board.ps()[0]["state"] == "running"  # over TCP, meanwhile
    repl.send("while True: pass\r\r")
    time.sleep(0.5)
    repl.send("\x1d")  # Ctrl-] leaves mpremote in the middle of it
    repl.expect(pexpect.EOF)
    repl.close()
