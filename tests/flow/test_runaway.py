"""A custom block that loops for ever: its Rune alone stops, by name, and the board goes on."""

import time
from pathlib import Path

import pytest
import wasmtime

import runicd
from runicd.errors import BoardError
from runicd.types import Rune
from tests.flow.runes import SINE

# The blocks' calls are counted; the one after `after` never ends.
BLOCK = """
(module
  (memory (export "memory") 1)
  (global (export "__heap_base") i32 (i32.const 64))
  (global $after (mut i32) (i32.const 0))
  (global $calls (mut i32) (i32.const 0))
  (func (export "set_after") (param i32)
    local.get 0  global.set $after
    loop  local.get 0  i32.const -1  i32.eq  br_if 0 end)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    global.get $calls  i32.const 1  i32.add  global.set $calls
    loop  global.get $calls  global.get $after  i32.gt_s  br_if 0 end
    i32.const 0)
)
"""
RUNEFILE = """\
version: 1
image: runicos/base
limits: {{call_ms: 60}}
pipeline:
  noise: {{capability: RAND, args: {{n: 4}}}}
  mine:
    proc-block: ./block.wasm
    inputs: [noise]
    outputs: [{{type: u8, dimensions: [4]}}]
    args: {{after: {after}}}
  serial: {{out: serial, inputs: [mine]}}
"""
STOPPED = ("out of fuel", "deadline exceeded")


def runaway(folder: Path, after: int) -> Rune:
    (folder / "block.wasm").write_bytes(bytes(wasmtime.wat2wasm(BLOCK)))
    (folder / "Runefile.yml").write_text(RUNEFILE.format(after=after))
    return runicd.build(folder, name="runaway")


def state(board: runicd.Simulator, name: str) -> dict:
    return next(row for row in board.ps() if row["name"] == name)


def assert_stopped_by_name(board: runicd.Simulator, error: BoardError) -> None:
    assert any(name in str(error) for name in STOPPED)
    row = state(board, "runaway")
    assert any(name in str(row["last_error"]) for name in STOPPED)


@pytest.mark.parametrize("after", [0, 3])
def test_a_block_that_loops_for_ever_stops_in_that_call(
    board: runicd.Simulator, tmp_path: Path, after: int
) -> None:
    board.cast(SINE, period_ms=0)
    board.cast(runaway(tmp_path, after), period_ms=0)
    for _ in range(after):
        board.call("runaway")
    with pytest.raises(BoardError) as caught:
        board.call("runaway")
    assert_stopped_by_name(board, caught.value)
    assert state(board, "runaway")["calls"] == after
    assert -1.1 < board.call("sine").value < 1.1
    assert board.facts()["fuel_per_ms"] > 0


def test_a_block_that_loops_while_it_is_set_up_is_refused(
    board: runicd.Simulator, tmp_path: Path
) -> None:
    with pytest.raises(BoardError) as caught:
        board.cast(runaway(tmp_path, -1), period_ms=0)
    assert_stopped_by_name(board, caught.value)
    board.remove("runaway")
    board.cast(SINE, period_ms=0)
    assert -1.1 < board.call("sine").value < 1.1


def test_a_rune_that_is_called_by_its_period_stops_too(
    board: runicd.Simulator, tmp_path: Path
) -> None:
    board.cast(runaway(tmp_path, 2), period_ms=20)
    assert len(list(board.results("runaway", count=2))) == 2
    while not any(name in str(record) for record in board.logs("runaway") for name in STOPPED):
        time.sleep(0.1)
    board.stop("runaway")  # or else it is tried again
    board.cast(SINE, period_ms=0)
    assert -1.1 < board.call("sine").value < 1.1
