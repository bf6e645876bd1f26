"""The simulated board's console: mapped flash, and the REPL over a pty, driven by hand."""

import os
import pty
import subprocess
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.board import firmware_path, run_ok, run_script

LOOP = """
import console, select, sys
def main():
    console.start()
    poll = select.poll()
    poll.register(sys.stdin, select.POLLIN)
    buffer = bytearray(256)
    console.repl_start()
    while True:
        poll.poll(1000)
        count = console.readinto(buffer)
        if count is None:
            break
        console.repl_feed(memoryview(buffer)[:count])
main()
"""


class Terminal:
    """A pty whose far end is a board that does nothing but feed its REPL."""

    def __init__(self, folder: Path) -> None:
        (folder / "loop.py").write_text(LOOP)
        self._master, self.descriptor = pty.openpty()
        self._seen = b""
        tty.setraw(self.descriptor)
        self.board = subprocess.Popen(
            [str(firmware_path()), "-X", "heapsize=128k", "-m", "loop"],
            stdin=self._master,
            stdout=self._master,
            env={"MICROPYPATH": f"{folder}:.frozen"},
            start_new_session=True,
        )

    def type(self, text: bytes) -> None:
        """Type at the speed that the board takes it, reading what it says meanwhile."""
        os.set_blocking(self.descriptor, False)
        while text:
            try:
                text = text[os.write(self.descriptor, text) :]
            except BlockingIOError:
                time.sleep(0.005)
            self._take_in()

    def _take_in(self) -> None:
        try:
            self._seen += os.read(self.descriptor, 4096)
        except BlockingIOError:
            time.sleep(0.002)

    def read_until(self, text: bytes, timeout_s: float = 5) -> bytes:
        """Return what the board said up to and with `text`; keep what follows."""
        deadline = time.monotonic() + timeout_s
        while text not in self._seen:
            assert time.monotonic() < deadline, f"no {text!r} in {self._seen!r}"
            self._take_in()
        end = self._seen.index(text) + len(text)
        seen, self._seen = self._seen[:end], self._seen[end:]
        return seen

    def close(self) -> None:
        self.board.kill()
        self.board.wait()
        os.close(self._master)
        os.close(self.descriptor)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    terminal.read_until(b">>> ")
    yield terminal
    terminal.close()


def test_the_repl_evaluates_and_keeps_names(terminal: Terminal) -> None:
    terminal.type(b"x = 6\rx * 7\r")
    assert b"42\r\n" in terminal.read_until(b"42\r\n>>> ")


def test_the_raw_repl_runs_code(terminal: Terminal) -> None:
    terminal.type(b"\x01")
    terminal.read_until(b"raw REPL; CTRL-B to exit\r\n>")
    terminal.type(b"print(1 + 1)\x04")
    assert terminal.read_until(b"\x04>").endswith(b"OK2\r\n\x04\x04>")


def test_raw_paste_is_declined(terminal: Terminal) -> None:
    terminal.type(b"\x01")
    terminal.read_until(b">")
    terminal.type(b"\x05A\x01")
    terminal.read_until(b"R\x00")
    terminal.type(b"print(3)\x04")
    terminal.read_until(b"OK3\r\n\x04\x04>")


@pytest.mark.parametrize("code", [b"while True: pass", b"import time; time.sleep(60)"])
def test_ctrl_c_stops_user_code(terminal: Terminal, code: bytes) -> None:
    terminal.type(b"\x01")
    terminal.read_until(b">")
    terminal.type(code + b"\x04")
    terminal.read_until(b"OK")
    time.sleep(0.1)
    terminal.type(b"\x03")
    assert b"KeyboardInterrupt" in terminal.read_until(b"\x04>", timeout_s=2)
    terminal.type(b"print(4)\x04")
    terminal.read_until(b"OK4")


@pytest.mark.parametrize("pause_s", [0, 0.0005, 0.002])
def test_a_ctrl_c_right_behind_a_line_stops_its_code(terminal: Terminal, pause_s: float) -> None:
    """It is input already when the code starts, in the pipe or read together with the line."""
    for _ in range(10):
        terminal.type(b"while True: pass\r")
        terminal.read_until(b"... ")
        if pause_s:
            terminal.type(b"\r")
            time.sleep(pause_s)
            terminal.type(b"\x03")
        else:
            terminal.type(b"\r\x03")
        terminal.read_until(b"KeyboardInterrupt", timeout_s=2)
        terminal.read_until(b">>> ")
    terminal.type(b"'al' + 'ive'\r")
    terminal.read_until(b"'alive'")


def test_a_ctrl_c_of_before_does_not_stop_what_comes_later(terminal: Terminal) -> None:
    terminal.type(b"import sys\r\x03\x03")
    terminal.read_until(b">>> \r\n>>> \r\n>>> ", timeout_s=2)
    for _ in range(5):
        terminal.type(b"\x03")
        terminal.read_until(b">>> ")
        terminal.type(b"sum(range(1000))\r")
        assert b"KeyboardInterrupt" not in terminal.read_until(b"499500")


def test_ctrl_c_at_the_prompt_hurts_nobody(terminal: Terminal) -> None:
    for _ in range(50):
        terminal.type(b"1\r\x03")
    terminal.type(b"'al' + 'ive'\r")
    terminal.read_until(b"'alive'")
    assert terminal.board.poll() is None


@pytest.mark.parametrize("ask", [b"\x04", b"raise SystemExit\r"])
def test_a_soft_reset_forgets_names_and_goes_on(terminal: Terminal, ask: bytes) -> None:
    terminal.type(b"x = 5\r")
    terminal.read_until(b">>> ")
    terminal.type(ask)
    terminal.read_until(b"MPY: soft reboot\r\n")
    terminal.read_until(b">>> ")
    terminal.type(b"x\r")
    assert b"NameError" in terminal.read_until(b"NameError")


def test_code_without_end_does_not_eat_the_heap(terminal: Terminal) -> None:
    terminal.type(b"\x01")
    terminal.read_until(b">")
    for _ in range(60):
        terminal.type(b"x = 1\n" * 200)
    terminal.type(b"\x04")
    assert b"MemoryError: code too long" in terminal.read_until(b"\x04>")
    terminal.type(b"import gc; gc.collect(); print(gc.mem_free() > 90000)\x04")
    terminal.read_until(b"OKTrue")


def test_a_line_without_end_does_not_eat_the_heap(terminal: Terminal) -> None:
    for _ in range(60):
        terminal.type(b"x" * 1000)
    terminal.type(b"\r6 * 7\r")
    terminal.read_until(b"MemoryError: line too long")
    terminal.read_until(b"42\r\n")


def test_a_host_that_stops_reading_does_not_stop_the_board(terminal: Terminal) -> None:
    terminal.type(b"for i in range(3000): print('0123456789' * 4)\r\r\r")
    time.sleep(2)
    os.set_blocking(terminal.descriptor, False)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.read(terminal.descriptor, 65536)
        except BlockingIOError:
            time.sleep(0.02)
            terminal.type(b"'al' + 'ive'\r")
            break
    terminal.read_until(b"'alive'")


def test_a_mapped_file_is_read_in_place(tmp_path: Path) -> None:
    path = tmp_path / "big"
    path.write_bytes(bytes(range(256)) * 4096)
    script = """
import console, gc, sys
gc.collect()
before = gc.mem_alloc()
mapping = console.map(sys.argv[1])
view = memoryview(mapping)[1000000:]
print(len(mapping), len(view), view[255 - 1000000 % 256], gc.mem_alloc() - before < 1000)
try:
    memoryview(mapping)[0] = 1
except TypeError as error:
    print("read only")
"""
    assert run_ok(script, path, heap="64k") == "1048576 48576 255 True\nread only\n"


def test_a_closed_mapping_stays_readable_and_lets_the_file_go(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\xff" * 5000)
    script = """
import console, os, sys
mapping = console.map(sys.argv[1])
view = memoryview(mapping)[10:]
mapping.close()
mapping.close()
print(view[0], view[4989], sys.argv[1] in open("/proc/self/maps").read())
"""
    assert run_ok(script, path) == "0 0 False\n"


def test_a_mapped_file_that_is_cut_short_stays_readable(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\xff" * 20000)
    script = """
import console, sys
view = memoryview(console.map(sys.argv[1]))
open(sys.argv[1], "wb").close()
print(len(view), view[0], view[19999])
"""
    assert run_ok(script, path) == "20000 255 255\n"


def test_a_repl_that_has_not_started_is_not_fed() -> None:
    finished = run_script("import console\nconsole.repl_feed(b'A')")
    assert "RuntimeError: the REPL has not started" in finished.errors


def test_user_code_does_not_feed_the_repl_that_runs_it(terminal: Terminal) -> None:
    terminal.type(b"import console\rconsole.repl_feed(b'A')\r")
    terminal.read_until(b"RuntimeError: the REPL is being fed already")
    terminal.type(b"40+2\r")
    terminal.read_until(b"42")


def test_mapping_what_cannot_be_mapped_raises(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    for name in ("empty", "absent", "."):
        finished = run_script("import console, sys\nconsole.map(sys.argv[1])", tmp_path / name)
        assert "OSError" in finished.errors, name


def test_without_a_terminal_the_input_ends() -> None:
    script = """
import console, time
console.start()
time.sleep_ms(100)
print(console.readinto(bytearray(8)))
time.sleep_ms(100)
"""
    assert run_ok(script).strip() == "None"
