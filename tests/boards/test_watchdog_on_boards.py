"""The watchdog of an emulated board: what never returns ends in a restart, and is named."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import wasmtime

import runicd
from runicd.api import LiveBoard
from runicd.sim import boards, firmware
from runicd.types import Rune
from runicos.contract import errors
from tests.boards.conftest import USUAL, Emulate
from tests.boards.emulated import EmulatedBoard
from tests.flow.runes import SINE

RUNEFILE = """\
version: 1
image: runicos/base
pipeline:
  numbers: {capability: RAW, outputs: [{type: u8, dimensions: [4]}]}
  serial: {out: serial, inputs: [numbers]}
"""
# What somebody put on the board: a driver that keeps all interrupts out and never returns, from
# its fifth window on.
HANG = """
import machine, sensors
windows = []
def readinto(self, buffer):
    windows.append(0)
    if len(windows) > 4:
        machine.disable_irq()
        while True:
            pass
    return len(buffer)
sensors.Windows.readinto = readinto
"""


@pytest.fixture
def watched(kind: str) -> Iterator[EmulatedBoard]:
    """Return a board whose watchdog does not wait for long."""
    started = EmulatedBoard.start(
        firmware.find(kind), "watchdog_ms=2000", "call_ms=900", "restart_ms=60000"
    )
    yield started
    boards.stop(started.board)


LARGE = """\
version: 1
image: runicos/base
pipeline:
  numbers: {capability: RAND, args: {n: 4}}
  mine: {proc-block: ./block.wasm, inputs: [numbers], outputs: [{type: u8, dimensions: [4]}]}
  serial: {out: serial, inputs: [mine]}
resources:
  $DATA: {path: ./data.bin, type: binary}
"""
BLOCK = """(module (memory (export "memory") 1) (global (export "__heap_base") i32 (i32.const 64))
  {functions}
  (func (export "transform") (param i32 i32 i32 i32) (result i32) {calls} i32.const 0))"""


def large(folder: Path) -> Rune:
    """A Rune with much to send, and much to compile."""
    body = "local.get 0 i32.mul i32.const 77777 i32.add " * 900
    function = "(func $f{0} (param i32) (result i32) i32.const {0} " + body + ")"
    functions = "".join(map(function.format, range(3)))
    calls = "".join(f"(drop (call $f{at} (local.get 0)))" for at in range(3))
    block = BLOCK.format(functions=functions, calls=calls)
    (folder / "block.wasm").write_bytes(bytes(wasmtime.wat2wasm(block)))
    (folder / "data.bin").write_bytes(random.Random(1).randbytes(80_000))
    (folder / "Runefile.yml").write_text(LARGE)
    return runicd.build(folder, name="large")


def test_much_work_in_a_row_is_no_hang(emulate: Emulate, tmp_path: Path) -> None:
    """Sent, compiled, and moved at a start: the board's own work feeds as it gets on."""
    board = emulate(USUAL, limits={"watchdog_ms": 2000})
    board.cast(SINE, period_ms=0)
    board.cast(large(tmp_path), period_ms=50)
    assert next(board.results("large", count=1))
    board.remove("sine")
    with board.free_port():
        boards.restart(boards.find(board.id))
    assert next(board.results("large", count=1))
    told = [record.text for record in board.logs()]
    assert any("moved 1 version of Runes" in text for text in told), told
    assert not any("watchdog" in text for text in told)


def hanging(folder: Path) -> Rune:
    (folder / "Runefile.yml").write_text(RUNEFILE)
    return runicd.build(folder, name="hanging")


def test_a_driver_that_never_returns_restarts_the_board(
    watched: EmulatedBoard, tmp_path: Path
) -> None:
    recording = tmp_path / "numbers.raw"
    recording.write_bytes(bytes(64))
    with watched.client() as client:
        assert client.request("health")["fault"] is None
    with LiveBoard(watched.client()) as board:
        board.cast(SINE, period_ms=50)
        board.feed(raw=recording)
    watched.run(HANG)
    with LiveBoard(watched.client()) as board:
        board.cast(hanging(tmp_path), period_ms=100)
    told: list[str] = []
    # Whoever says hello to a board that hangs is answered later, when nobody waits for it.
    time.sleep(4)
    while not told:
        # At first it may not hang yet.
        client, told = watched.client_after_fault()
        client.close()
    with watched.client() as client:
        answer = client.request("ps")
        while not isinstance(answer, list):
            answer = client.request("ps")
        rows = {row["name"]: row for row in answer}
        assert len(told) == 1
        assert "watchdog at 0x" in told[0]
        records = [record[4] for record in client.request("logs")["records"]]
        assert any(record.endswith(": watchdog") for record in records)
        assert "in a call of hanging" in told[0]
        assert rows["hanging"]["state"] == "backing off"
        assert rows["hanging"]["last_error"][0] == errors.CALL_FAILED
        assert rows["sine"]["state"] == "running"
