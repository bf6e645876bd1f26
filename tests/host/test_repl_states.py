"""The service is found whatever state somebody has left the board's REPL in."""

import os
import time
from collections.abc import Callable

import pytest

from runicd import Simulator, targets
from runicd.client import Client
from runicd.errors import LinkTimeout
from runicd.links.serial import SerialLink
from tests.flow.runes import SINE

Simulators = Callable[..., Simulator]
WAITING = {
    "raw": b"\x01",
    "raw, code half typed": b"\x01print(1",
    "raw-paste asked for": b"\x01\x05A\x01print(1",
    "paste mode": b"\x05abc\r\n de",
    "half-typed line": b"foo = (1,\r\n  2",
    "open string": b"x = '''abc",
    "code that was stopped": b"while True: pass\r\n\r\n\x03",
    "a frame that was cut off": b"\xc0half",
}
RUNNING = {
    "endless code": b"while True: pass\r\n\r\n",
    "raw, endless code": b"\x01import time\nwhile True: time.sleep(1)\n\x04",
    "code that reads": b"input()\r\n",
}


def leave(board: Simulator, keys: bytes) -> None:
    """Type something at the board's REPL and go away."""
    port = os.open(board.pty, os.O_RDWR | os.O_NOCTTY)
    os.write(port, keys)
    time.sleep(0.3)
    os.close(port)


def connect(board: Simulator, **options: bool) -> Client:
    return Client(lambda: SerialLink(board.pty), **options)


@pytest.mark.parametrize("state", WAITING)
def test_a_repl_that_waits_is_left_as_it_is(board: Simulator, state: str) -> None:
    leave(board, WAITING[state])
    with connect(board, interrupts=False) as client:
        assert client.request("ps") == []


@pytest.mark.parametrize("state", RUNNING)
def test_code_that_runs_is_interrupted(board: Simulator, state: str) -> None:
    board.cast(SINE, period_ms=20)
    leave(board, RUNNING[state])
    with connect(board) as client:
        (row,) = client.request("ps")
        assert row["state"] == "running"
        time.sleep(0.1)
        assert client.request("ps")[0]["calls"] > row["calls"]


@pytest.mark.parametrize("state", RUNNING)
def test_code_that_runs_is_left_alone_by_who_only_looks(board: Simulator, state: str) -> None:
    leave(board, RUNNING[state])
    with pytest.raises(LinkTimeout):
        connect(board, interrupts=False)
    target = targets.Target(board.pty, "SERIAL", "", lambda: SerialLink(board.pty))
    (found,) = targets.probe([target])
    assert not found.available
