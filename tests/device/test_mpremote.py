"""mpremote on the board's serial port, unchanged, while Runes run and frames come and go."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pexpect
import pytest

from runicos.contract import wire
from tests.device import runes
from tests.device.rows import goes_on, in_state, until
from tests.device.runes import stock
from tests.device.sim_board import SimBoard
from tests.device.test_restarts import trapping

RAW = runes.sample("sine_int8", "turn_0.25.raw")
MPREMOTE = [sys.executable, "-m", "mpremote"]


@pytest.fixture
def board(tmp_path: Path) -> Iterator[SimBoard]:
    with SimBoard(tmp_path / "flash", "--raw", RAW) as board:
        with board.tcp() as client:
            client.upload("sine", stock("sine"))
            client.request("start", name="sine", period_ms=20)
        yield board
        assert board.alive()


def calls(board: SimBoard) -> int:
    """How often the Rune has run, asked for over the serial port itself."""
    with board.serial() as client:
        (row,) = client.request("ps")
    assert row["state"] == "running"
    return int(row["calls"])


def mpremote(board: SimBoard, *words: str | Path, timeout_s: float = 30) -> str:
    finished = subprocess.run(
        [*MPREMOTE, "connect", board.port_path, *map(str, words)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=timeout_s,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def test_exec_eval_and_run(board: SimBoard, tmp_path: Path) -> None:
    before = calls(board)
    assert mpremote(board, "exec", "print('ü' * 3)") == "üüü\n"
    assert mpremote(board, "eval", "2**100") == f"{2**100}\n"
    script = tmp_path / "script.py"
    script.write_text(
        "x = 1\n" * 300 + "import nn, dsp, wasm3\nprint('end', len(nn.ops()) > 10)\n"
    )
    assert mpremote(board, "run", script) == "end True\n"
    assert calls(board) > before


def test_files_are_listed_copied_and_removed(board: SimBoard, tmp_path: Path) -> None:
    here = tmp_path / "data.bin"
    here.write_bytes(bytes(range(256)) * 8)
    mpremote(board, "mkdir", ":there")
    mpremote(board, "cp", here, ":there/data.bin")
    assert (tmp_path / "flash" / "there" / "data.bin").read_bytes() == here.read_bytes()
    assert mpremote(board, "ls", ":there").split() == ["ls", ":there", "2048", "data.bin"]
    back = tmp_path / "back.bin"
    mpremote(board, "cp", ":there/data.bin", back)
    assert back.read_bytes() == here.read_bytes()
    mpremote(board, "rm", ":there/data.bin")
    mpremote(board, "rmdir", ":there")
    assert mpremote(board, "ls").split() == ["ls", ":", "0", "runes/"]


def test_the_flash_is_the_root_and_nothing_else_can_be_seen(
    board: SimBoard, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("x")
    script = f"""
import os
def seen(path):
    try:
        return os.stat(path)[0] >> 12
    except OSError as error:
        return -error.errno
print(os.getcwd(), os.listdir("/"), os.listdir(), os.listdir(""))
print(seen("/"), seen(""), seen("/runes"), seen("/etc"), seen("{tmp_path}/secret"))
os.chdir("/runes")
print(os.getcwd(), seen(""), seen("sine.rune"), sorted(os.listdir()))
"""
    with board.tcp() as client:
        until(client, "sine", lambda found: not found["trial"])
    body = sha256(stock("sine")).hexdigest()[:32] + ".body"
    told = mpremote(board, "exec", script).splitlines()
    assert told == [
        "/ ['runes'] ['runes'] ['runes']",
        "4 4 4 -2 -2",
        f"/runes 4 8 ['{body}', 'keys', 'sine.floor', 'sine.rune', 'sine.state']",
    ]


def test_a_file_is_copied_to_the_current_folder(board: SimBoard, tmp_path: Path) -> None:
    here = tmp_path / "own.py"
    here.write_text("answer = 42\n")
    mpremote(board, "cp", here, ":")
    assert (tmp_path / "flash" / "own.py").read_text() == "answer = 42\n"
    assert mpremote(board, "exec", "import own; print(own.answer)") == "42\n"


@pytest.mark.parametrize(
    "words", [["reset"], ["exec", "--no-follow", "import machine; machine.reset()"]]
)
def test_a_reset_restarts_runicos(board: SimBoard, words: list[str]) -> None:
    mpremote(board, "exec", "kept = 1")
    with board.tcp() as client:
        client.request("stop", name="sine")
        client.request("start", name="sine", period_ms=20)
        until(client, "sine", lambda found: found["calls"] > 5)
        mpremote(board, *words)
        time.sleep(0.5)
        with pytest.raises((EOFError, ConnectionError)):
            client.request("ps")
    with board.tcp() as client:
        log = client.request("logs")["records"]
    # The log is older than the reset.
    boots = [(line[4].partition(": ")[2], line[5]) for line in log if "RunicOS" in line[4]]
    assert boots == [("power on", 1), ("reset", 2)]
    assert log[0][0] == 1
    assert calls(board) > 0
    assert mpremote(board, "exec", "print('kept' in globals())") == "False\n"


def test_the_shell_of_runicos_shows_and_steers(board: SimBoard) -> None:
    table = mpremote(board, "exec", "import runicos; runicos.ps()").splitlines()
    assert table[0].split()[:3] == ["name", "release", "state"]
    assert table[1].split()[0] == "sine"
    assert "running" in table[1]
    mpremote(board, "resume", "exec", "import runicos; runicos.stop('sine')")
    assert "stopped" in mpremote(board, "exec", "import runicos; runicos.ps()")
    assert "self-test: passed" in mpremote(
        board, "exec", "import runicos; runicos.start('sine', 0)"
    )
    called = mpremote(board, "exec", "import runicos; runicos.call('sine', 3)").splitlines()
    assert [len(json.loads(line)["elements"]) for line in called] == [1, 1, 1]
    assert "waiting" in mpremote(board, "exec", "import runicos; runicos.logs('sine', 2)")


def test_the_shell_says_whether_a_rune_that_failed_is_tried_again(tmp_path: Path) -> None:
    limits = ("--limit", "restart_ms=60000", "--limit", "failures_max=2")
    with SimBoard(tmp_path / "flash", *limits) as board, board.tcp() as client:
        client.upload("trapping", trapping("trapping", 1))
        client.request("start", name="trapping", period_ms=5)
        until(client, "trapping", in_state("backing off"))
        table = mpremote(board, "exec", "import runicos; runicos.ps()")
        assert re.search(r"trapping: .* at call 1; again in \d{5} ms\n", table), table
    limits = ("--limit", "failures_max=1")
    with SimBoard(tmp_path / "flash", *limits) as board, board.tcp() as client:
        until(client, "trapping", in_state("failed"))
        table = mpremote(board, "exec", "import runicos; runicos.ps()")
        assert re.search(r"trapping: .* at call 1; given up\n", table), table


def test_a_call_at_the_shell_shows_its_own_output_alone(board: SimBoard) -> None:
    with board.tcp() as client:
        time.sleep(0.3)  # the Rune is called by its period; nobody reads that
        code = "import runicos; runicos.call('sine', 2)"
        assert len(mpremote(board, "exec", code).splitlines()) == 2
        client.request("start", name="sine", period_ms=0)
        client.request("subscribe", topics=["out"])
        shown = mpremote(board, "exec", code).splitlines()
        sent = [str(event[1][4], "utf-8") for event in client.wait_events(2)]
        assert sent == shown


def test_a_period_that_is_none_is_refused_at_the_shell(board: SimBoard) -> None:
    for period in ("-1", "0x20000000", "'1'", "True"):
        code = f"import runicos\ntry: runicos.start('sine', {period})\n"
        code += "except ValueError as error: print(error)"
        assert mpremote(board, "exec", code) == "period_ms is 0 to 536870911\n"


def test_a_mistake_at_the_shell_is_a_sentence(board: SimBoard) -> None:
    finished = subprocess.run(
        [*MPREMOTE, "connect", board.port_path, "exec", "import runicos; runicos.stop('nobody')"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    told = finished.stdout + finished.stderr
    assert "RuntimeError: there is no Rune named nobody" in told
    # What helps here, at the REPL, not on the host.
    assert "`runicos.ps()` lists them" in told
    mpremote(board, "exec", "import runicos; runicos.stop('sine')")
    script = """
import runicos
try:
    runicos.call('sine')
except RuntimeError as error:
    print(error)
"""
    assert "`runicos.start('sine')` runs it" in mpremote(board, "exec", script)


def test_a_soft_reset_leaves_the_runes_running(board: SimBoard) -> None:
    mpremote(board, "exec", "kept = 1")
    before = calls(board)
    mpremote(board, "soft-reset")
    after = calls(board)
    assert after > before
    assert mpremote(board, "exec", "print('kept' in globals())") == "False\n"


def test_an_interactive_session_and_frames_after_it(board: SimBoard) -> None:
    before = calls(board)
    words = [*MPREMOTE, "connect", board.port_path, "repl"]
    session = pexpect.spawn(words[0], words[1:], timeout=10)
    session.expect("Connected to MicroPython")
    session.send("\r")
    session.expect(">>> ")
    session.send("import runicos; runicos.ps()\r")
    session.expect("sine +0.1.0 +running")
    session.send("while True: pass\r\r\r")
    time.sleep(0.3)
    session.send("\x03")
    session.expect("KeyboardInterrupt")
    session.send("6 * 7\r")
    session.expect("42")
    session.send("\x1d")
    session.expect(pexpect.EOF)
    session.close()
    assert calls(board) > before


def test_frames_work_while_a_raw_repl_was_left_open(board: SimBoard) -> None:
    with board.serial() as client:
        client.line.write(b"\r\x03\r\x01")
        client.read_text(b"raw REPL; CTRL-B to exit\r\n>")
        client.line.write(b"print('half")
    with board.tcp() as client:
        goes_on(client, "sine")
    with board.serial() as client:
        client.line.write(b" done')\x04")
        client.read_text(b"OKhalf done\r\n\x04\x04>")


def test_text_and_frames_share_the_line(board: SimBoard) -> None:
    with board.serial() as client:
        client.line.write(b"x = 'a")
        assert client.request("hello", host="test")["board"] == "unix"
        client.line.write(b"b'\r")
        assert len(client.request("ps")) == 1
        client.line.write(b"x + 'c'\r")
        client.read_text(b"'abc'\r\n")


def test_frames_wait_while_user_code_runs(board: SimBoard) -> None:
    with board.serial() as client:
        client.line.write(b"\r\x03\x01")
        client.read_text(b">")
        client.line.write(b"import time; time.sleep(0.5); print('slept')\x04")
        before = time.monotonic()
        assert client.request("ps")[0]["name"] == "sine"
        assert time.monotonic() - before > 0.3
        client.read_text(b"slept")


@pytest.mark.parametrize("part", [1, 9, 500])
def test_a_host_that_left_within_a_frame_is_not_missed(board: SimBoard, part: int) -> None:
    with board.serial() as client:
        client.line.write(wire.encode(wire.CHUNK, 0, 1, bytes(1000))[:part])
    assert mpremote(board, "exec", "print(1)") == "1\n"


def test_typing_ends_what_somebody_had_subscribed_to(board: SimBoard) -> None:
    with board.serial() as client:
        client.request("subscribe", topics=["out"])
        client.wait_events(3)
    # That host has gone without a word; mpremote must not see its frames.
    assert mpremote(board, "exec", "print(1)") == "1\n"
