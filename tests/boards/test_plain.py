"""Plain MicroPython on an emulated board: its own REPL, and what a soft reset leaves."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from tests.boards.plain import PlainBoard

_DEADLINE_S = 20
_SOFT_RESET = b"\x04"
_UP = b"\x1b[A"


@pytest.fixture
def line(tmp_path: Path) -> Iterator[serial.Serial]:
    """Return the serial line of a board that is at its prompt."""
    with PlainBoard(tmp_path) as board, serial.Serial(board.port, timeout=_DEADLINE_S) as line:
        line.write(b"\r\x03\x02")
        _read_to(line, b"information.\r\n>>> ")
        yield line


def _read_to(line: serial.Serial, end: bytes) -> bytes:
    said = bytes(line.read_until(end))
    assert said.endswith(end), said
    return said


def _typed(line: serial.Serial, text: bytes) -> bytes:
    """Type a line; return what it printed."""
    line.write(text + b"\r")
    _read_to(line, text + b"\r\n")
    return _read_to(line, b">>> ").removesuffix(b">>> ")


def _soft_reset(line: serial.Serial) -> None:
    line.write(_SOFT_RESET)
    _read_to(line, b"soft reboot\r\n")
    _read_to(line, b"information.\r\n>>> ")


def test_the_last_line_comes_back_until_a_soft_reset(line: serial.Serial) -> None:
    """What was typed lay on the heap, which is another afterwards."""
    _typed(line, b"remembered = 7")
    line.write(_UP + b"\r")
    assert b"remembered = 7" in _read_to(line, b">>> ")
    _soft_reset(line)
    line.write(_UP)
    assert _typed(line, b"1 + 1") == b"2\r\n"


def test_a_soft_reset_ends_what_native_modules_hold(line: serial.Serial) -> None:
    """The module is the smallest with a memory."""
    load = rb"import wasm3; r = wasm3.Runtime(); r.load(b'\0asm\1\0\0\0\5\3\1\0\1')"
    for _ in range(3):
        _typed(line, load)
        assert _typed(line, b"wasm3.allocated() > 0") == b"True\r\n"
        _soft_reset(line)
        assert _typed(line, b"import wasm3; wasm3.allocated()") == b"0\r\n"


def test_main_py_runs_at_every_start(line: serial.Serial) -> None:
    _typed(line, b"file = open('main.py', 'w'); file.write('seen = 41'); file.close()")
    _soft_reset(line)
    assert _typed(line, b"seen + 1") == b"42\r\n"
