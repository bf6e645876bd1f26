"""The boot guard: a Rune that hangs the board is not started again at the next boot."""

import time
from pathlib import Path

import cbor2
import pytest
from wasmtime import wat2wasm

from runicd.runefile.build import build
from runicos.contract import cbor, errors, sentences, wire
from tests.device.runes import EMPTY_CALL, EMPTY_MANIFEST, assembled, stock
from tests.device.sim_board import Client, SimBoard
from tests.host.runefile_samples import write

ENDLESS_CALL = assembled(
    "hanging",
    EMPTY_MANIFEST
    + """(func (export "_call") (param i32 i32 i32) (result i32)
      (loop br 0) i32.const 0)""",
)
ENDLESS_LOAD = assembled(
    "hanging", '(func (export "_manifest") (result i32) (loop br 0) i32.const 0)' + EMPTY_CALL
)
RUNEFILE = """FROM runicos/base
CAPABILITY<f32[1,3]> numbers RAND
PROC_BLOCK<f32[1,3],f32[1,3]> mine ./block.wasm
RUN numbers mine
OUT serial
"""
BLOCK = """(module (memory (export "memory") 1) (global (export "__heap_base") i32 (i32.const 64))
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (loop br 0) i32.const 0))"""


def hanging_block(folder: Path) -> bytes:
    """A Rune with a custom block that never returns, as a user builds it."""
    files = {"Runefile": RUNEFILE, "block.wasm": bytes(wat2wasm(BLOCK))}
    return build(write(folder / "hanging", files), name="hanging").data


def send(client: Client, verb: str, **arguments: object) -> None:
    """Ask for what the board will not answer, as it hangs then."""
    request = cbor2.dumps([verb, arguments])
    client.line.write(wire.encode(wire.REQUEST, 0, 4000, request))


def is_marked(flash: Path, name: str) -> bool:
    path = flash / "runes" / f"{name}.state"
    return path.exists() and bool(cbor.loads(path.read_bytes()).get("starting"))


def wait_until_it_hangs(board: SimBoard, flash: Path, name: str) -> None:
    deadline = time.monotonic() + 5
    while not is_marked(flash, name):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.3)
    assert is_marked(flash, name)
    assert board.alive()


def cast_and_cut(flash: Path, data: bytes, period_ms: int) -> None:
    """Cast a Rune that hangs the board, and cut its power."""
    with SimBoard(flash) as board, board.tcp() as client:
        client.upload("hanging", data)
        send(client, "start", name="hanging", period_ms=period_ms)
        wait_until_it_hangs(board, flash, "hanging")


def state(client: Client, name: str) -> tuple[str, object]:
    row = next(row for row in client.request("ps") if row["name"] == name)
    return row["state"], row["last_error"]


NOT_STARTED = ("failed", [errors.NOT_SURVIVED, ["hanging"] * 3])


def test_an_endless_custom_block_does_not_brick_the_board(tmp_path: Path) -> None:
    flash = tmp_path / "flash"
    cast_and_cut(flash, hanging_block(tmp_path), 100)
    for _ in range(2):
        with SimBoard(flash) as board, board.tcp() as client:
            assert state(client, "hanging") == NOT_STARTED
    with SimBoard(flash) as board, board.tcp() as client:
        client.request("rm", name="hanging")
        assert client.request("ps") == []


@pytest.mark.parametrize(
    ("data", "period_ms"), [(ENDLESS_CALL, 10), (ENDLESS_LOAD, 10), (ENDLESS_LOAD, 0)]
)
def test_a_rune_that_hangs_at_its_start_is_not_started_again(
    tmp_path: Path, data: bytes, period_ms: int
) -> None:
    cast_and_cut(tmp_path, data, period_ms)
    with SimBoard(tmp_path) as board, board.tcp() as client:
        assert state(client, "hanging") == NOT_STARTED
        text = sentences.sentence(*client.request("ps")[0]["last_error"])
        assert "did not survive its last start" in text
        # A better one takes its place and is not blamed.
        client.upload("hanging", assembled("hanging", EMPTY_MANIFEST + EMPTY_CALL))
        assert not is_marked(tmp_path, "hanging")
        client.request("start", name="hanging", period_ms=10)
        assert state(client, "hanging") == ("running", None)


def test_power_cut_at_boot_is_no_blame_at_once(tmp_path: Path) -> None:
    """A Rune that hangs at boot only is tried three times; one that comes through starts anew."""
    with SimBoard(tmp_path) as board, board.tcp() as client:
        client.upload("sine", stock("sine"))
        client.request("start", name="sine", period_ms=10)
        time.sleep(0.2)
    path = tmp_path / "runes" / "sine.state"
    survived = cbor.loads(path.read_bytes())
    for tries, expected in ((1, "running"), (2, "running"), (3, "failed"), (3, "failed")):
        path.write_bytes(cbor.dumps({**survived, "starting": tries}))
        with SimBoard(tmp_path) as board, board.tcp() as client:
            assert state(client, "sine")[0] == expected
            time.sleep(0.2)
            assert is_marked(tmp_path, "sine") == (expected == "failed")


def test_a_rune_that_hangs_the_boot_is_given_up(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        client.upload("hanging", ENDLESS_CALL)
        client.request("start", name="hanging", period_ms=0)
    path = tmp_path / "runes" / "hanging.state"
    path.write_bytes(cbor.dumps({**cbor.loads(path.read_bytes()), "period_ms": 10}))
    for tries in (1, 2, 3):
        with SimBoard(tmp_path) as board:
            wait_until_it_hangs(board, tmp_path, "hanging")
            assert cbor.loads(path.read_bytes())["starting"] == tries
    with SimBoard(tmp_path) as board, board.tcp() as client:
        assert state(client, "hanging") == NOT_STARTED


def test_a_neighbour_of_one_that_hangs_is_not_blamed(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        for name in ("a", "z"):
            client.upload(name, assembled(name, EMPTY_MANIFEST + EMPTY_CALL))
            client.request("start", name=name, period_ms=10)
            while is_marked(tmp_path, name):
                time.sleep(0.01)
    cast_and_cut(tmp_path, ENDLESS_CALL, 10)
    with SimBoard(tmp_path) as board, board.tcp() as client:
        assert state(client, "hanging") == NOT_STARTED
        assert [state(client, name) for name in ("a", "z")] == [("running", None)] * 2


def test_the_guard_writes_flash_at_the_start_only(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        client.upload("sine", stock("sine"))
        client.request("start", name="sine", period_ms=5)
        time.sleep(0.2)
        before = (tmp_path / "runes" / "sine.state").stat()
        assert not is_marked(tmp_path, "sine")
        time.sleep(0.3)
        after = (tmp_path / "runes" / "sine.state").stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


def test_a_start_that_fails_cleanly_leaves_no_mark(tmp_path: Path) -> None:
    trapping = assembled(
        "hanging",
        EMPTY_MANIFEST + '(func (export "_call") (param i32 i32 i32) (result i32) unreachable)',
    )
    refused = assembled("refused", EMPTY_MANIFEST + EMPTY_CALL, abi="7")
    with SimBoard(tmp_path) as board, board.tcp() as client:
        client.upload("hanging", trapping)
        client.request("start", name="hanging", period_ms=10)
        client.upload("refused", refused)
        assert client.error("start", name="refused")[0] == errors.REFUSED
        time.sleep(0.1)
        assert state(client, "hanging")[0] == "backing off"
    assert not is_marked(tmp_path, "hanging")
    assert not is_marked(tmp_path, "refused")


def test_an_endless_call_on_request_is_not_repeated_at_boot(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        client.upload("hanging", ENDLESS_CALL)
        client.request("start", name="hanging", period_ms=0)
        send(client, "call", name="hanging")
        time.sleep(0.3)
        assert board.alive()
    with SimBoard(tmp_path) as board, board.tcp() as client:
        assert state(client, "hanging") == ("waiting", None)
