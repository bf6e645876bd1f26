"""The serial line of the emulated boards: nothing is lost; Ctrl-C is as everywhere."""

import hashlib
import random
import time

import pytest
from mpremote.transport_serial import SerialTransport

from tests.boards.emulated import EmulatedBoard

_READ = """
import hashlib, micropython, sys, time
micropython.kbd_intr(-1)
digest, buffer, left = hashlib.sha256(), bytearray(1000), {length}
print("go")
while left:
    count = sys.stdin.buffer.readinto(memoryview(buffer)[: min(left, 1000)])
    digest.update(memoryview(buffer)[:count])
    left -= count
    time.sleep_ms({pause_ms})
micropython.kbd_intr(3)
print(digest.digest().hex())
"""


def _send(board: EmulatedBoard, data: bytes, script: str) -> str:
    """Send bytes to a script that reads them; return the hash that it prints."""
    transport = SerialTransport(board.board.pty, baudrate=115200)
    try:
        transport.enter_raw_repl(soft_reset=False)
        transport.exec_raw_no_follow(script)
        assert transport.read_until(4, b"go\r\n").endswith(b"go\r\n")
        transport.serial.write(data)
        printed, raised = transport.follow(60)
        transport.exit_raw_repl()
    finally:
        transport.close()
    assert raised == b"", raised.decode()
    return printed.decode().strip()


def test_a_stream_of_any_bytes_arrives_whole(board: EmulatedBoard) -> None:
    data = random.Random(3).randbytes(60_000)
    script = _READ.format(length=len(data), pause_ms=0)
    assert _send(board, data, script) == hashlib.sha256(data).hexdigest()


def test_a_slow_reader_loses_nothing(board: EmulatedBoard) -> None:
    data = random.Random(4).randbytes(20_000)
    script = _READ.format(length=len(data), pause_ms=20)
    assert _send(board, data, script) == hashlib.sha256(data).hexdigest()


def _interrupted(board: EmulatedBoard, script: str, sent: bytes) -> bytes:
    """Send bytes to a script that runs; return what exception ended it."""
    transport = SerialTransport(board.board.pty, baudrate=115200)
    try:
        transport.enter_raw_repl(soft_reset=False)
        transport.exec_raw_no_follow("print('go')\n" + script)
        assert transport.read_until(4, b"go\r\n").endswith(b"go\r\n")
        transport.serial.write(sent)
        _, raised = transport.follow(20)
        transport.exit_raw_repl()
    finally:
        transport.close()
    return bytes(raised)


@pytest.mark.parametrize(
    "script",
    [
        "while True:\n    pass",
        "while True:\n    print('x' * 50)",
        "import time\ntime.sleep(1000)",
        "import sys\nsys.stdin.readline()",
        "import sys\nsys.stdin.buffer.read(100)",
        "import select, sys\npoll = select.poll()\npoll.register(sys.stdin, 1)\npoll.poll()",
        "import asyncio\nasync def wait():\n    await asyncio.sleep(1000)\nasyncio.run(wait())",
        "import machine\nwhile True:\n    machine.idle()",
    ],
)
def test_ctrl_c_ends_whatever_runs(board: EmulatedBoard, script: str) -> None:
    assert b"KeyboardInterrupt" in _interrupted(board, script, b"\x03")


def test_ctrl_c_is_heard_behind_input_that_nobody_reads(board: EmulatedBoard) -> None:
    """More than the board puts aside: what is lost of it is not as bad as a board that is."""
    raised = _interrupted(board, "while True:\n    pass", b"x" * 9000 + b"\x03")
    assert b"KeyboardInterrupt" in raised
    assert board.run("print('well')") == "well\n"


def test_a_pause_of_a_reader_loses_nothing_though_ctrl_c_is_on(board: EmulatedBoard) -> None:
    data = bytes(at % 251 + 4 for at in range(12_000))
    script = _READ.format(length=len(data), pause_ms=300).replace("kbd_intr(-1)", "kbd_intr(3)")
    assert _send(board, data, script) == hashlib.sha256(data).hexdigest()


def test_ctrl_c_right_behind_the_code_ends_it(board: EmulatedBoard) -> None:
    transport = SerialTransport(board.board.pty, baudrate=115200)
    try:
        transport.enter_raw_repl(soft_reset=False)
        transport.serial.write(b"while True:\n    pass\x04\x03")
        assert transport.read_until(2, b"OK").endswith(b"OK")
        _, raised = transport.follow(10)
        transport.exit_raw_repl()
    finally:
        transport.close()
    assert b"KeyboardInterrupt" in raised


def test_a_board_that_has_put_aside_nothing_but_ctrl_c_hears_what_follows(
    board: EmulatedBoard,
) -> None:
    transport = SerialTransport(board.board.pty, baudrate=115200)
    try:
        transport.enter_raw_repl(soft_reset=False)
        transport.exec_raw_no_follow(
            "import micropython, time\nmicropython.kbd_intr(-1)\nprint('go')\ntime.sleep(1)"
        )
        assert transport.read_until(4, b"go\r\n").endswith(b"go\r\n")
        transport.serial.write(b"while True:\n    pass\x04" + b"\x03" * 6000)
        assert transport.follow(10) == (b"", b"")
        assert transport.read_until(3, b">OK").endswith(b">OK")
        assert b"KeyboardInterrupt" in transport.follow(10)[1]
    finally:
        transport.close()
    assert board.run("print('well')") == "well\n"


def test_ctrl_c_at_the_prompt_does_not_stop_the_service(board: EmulatedBoard) -> None:
    transport = SerialTransport(board.board.pty, baudrate=115200)
    try:
        transport.serial.write(b"\r\n1 + \x03\x03")
        time.sleep(0.2)
    finally:
        transport.close()
    with board.client() as client:
        assert client.request("facts")["board"] == board.board.board


def test_printing_to_nobody_does_not_hold_the_board_up(board: EmulatedBoard) -> None:
    board.run_to_its_end(
        "for at in range(500):\n    print('x' * 100)\nopen('/printed', 'w').close()"
    )
    # To ask would be to read what it prints, or to stop it; half a second is what it waits for us.
    time.sleep(5)
    assert board.run("import os\nprint('printed' in os.listdir('/'))") == "True\n"
