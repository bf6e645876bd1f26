"""The serial line of the emulated boards: nothing is lost; Ctrl-C is as everywhere."""

import hashlib
import random
import time

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


def _send(board: EmulatedBoard, data: bytes, pause_ms: int) -> str:
    """Send bytes to a script that reads them; return the hash of what it got."""
    transport = SerialTransport(board.board.pty, baudrate=115200)
    try:
        transport.enter_raw_repl(soft_reset=False)
        transport.exec_raw_no_follow(_READ.format(length=len(data), pause_ms=pause_ms))
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
    assert _send(board, data, 0) == hashlib.sha256(data).hexdigest()


def test_a_slow_reader_loses_nothing(board: EmulatedBoard) -> None:
    data = random.Random(4).randbytes(20_000)
    assert _send(board, data, 20) == hashlib.sha256(data).hexdigest()


def test_ctrl_c_ends_a_busy_loop(board: EmulatedBoard) -> None:
    transport = SerialTransport(board.board.pty, baudrate=115200)
    try:
        transport.enter_raw_repl(soft_reset=False)
        transport.exec_raw_no_follow("while True:\n    pass")
        time.sleep(0.2)
        transport.serial.write(b"\x03")
        _, raised = transport.follow(10)
        transport.exit_raw_repl()
    finally:
        transport.close()
    assert b"KeyboardInterrupt" in raised


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
