"""Rates: a Rune that reads, puts out or logs more than it may; one that is asked a lot may all."""

import time
from pathlib import Path
from typing import Any

import pytest

from runicos.contract import errors
from runicos.contract.checked_manifest import CAPABILITY_KINDS
from tests.device.rows import in_state, row, until
from tests.device.runes import EMPTY_MANIFEST, assembled, manifest_of, stock
from tests.device.sim_board import Client, SimBoard
from tests.device.test_restarts import cast
from tests.device.test_runes import SENSORS

BACKING_OFF = in_state("backing off")
# Two numbers from RAND, put out as they are: stage 0 reads, stage 1 writes.
PIPE = {
    "tensors": [{"type": "u8", "dims": [2], "bytes": 2, "offset": 0}],
    "arena_bytes": 16,
    "capabilities": [{"name": "random", "kind": "RAND", "params": {}, "tensor": 0}],
    "outputs": [{"name": "serial", "kind": "SERIAL", "inputs": [0], "bytes": 80}],
    "stages": [["capability", 0], ["output", 0]],
}


def loop(times: int, body: str) -> str:
    return f"""(local $i i32)
      (loop $again {body}
        (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
          (i32.const {times}))))
      (i32.const 0)"""


def piping(times: int, first: int, count: int, *, kind: str = "RAND", **changes: Any) -> bytes:
    """A Rune whose every call runs some of PIPE's stages so many times, on a sensor of a kind."""
    number = CAPABILITY_KINDS.index(kind) + 1
    capabilities = [PIPE["capabilities"][0] | {"kind": kind}]
    body = f"(drop (call $run (i32.const {first}) (i32.const {count})))"
    text = f"""
    (import "runic" "run" (func $run (param i32 i32) (result i32)))
    (import "env" "request_capability" (func $capability (param i32) (result i32)))
    (import "env" "request_output" (func $output (param i32) (result i32)))
    (func (export "_manifest") (result i32)
      (drop (call $capability (i32.const {number})))
      (drop (call $output (i32.const 1))) (i32.const 1))
    (func (export "_call") (param i32 i32 i32) (result i32) {loop(times, body)})"""
    return assembled("piping", text, **(PIPE | {"capabilities": capabilities} | changes))


def with_rates(reads_per_s: int, bytes_per_s: int) -> dict[str, Any]:
    return {
        "capabilities": [PIPE["capabilities"][0] | {"reads_per_s": reads_per_s}],
        "outputs": [PIPE["outputs"][0] | {"bytes_per_s": bytes_per_s}],
    }


ORIGINAL = """
(import "env" "request_capability" (func $capability (param i32) (result i32)))
(import "env" "request_output" (func $output (param i32) (result i32)))
(import "env" "request_provider_response" (func $read (param i32 i32 i32) (result i32)))
(import "env" "consume_output" (func $consume (param i32 i32 i32) (result i32)))
(func (export "_manifest") (result i32)
  (drop (call $capability (i32.const 1))) (drop (call $output (i32.const 1))) (i32.const 1))
"""
READ = "(drop (call $read (i32.const 0) (i32.const 4) (i32.const 1)))"
CONSUME = "(drop (call $consume (i32.const 2) (i32.const 0) (i32.const 1000)))"


def original(times: int, body: str) -> bytes:
    call = f'(func (export "_call") (param i32 i32 i32) (result i32) {loop(times, body)})'
    return assembled("piping", ORIGINAL + call, original=True)


def talking(times: int, length: int) -> bytes:
    body = f"(drop (call $debug (i32.const 0) (i32.const {length})))"
    text = f"""(import "env" "_debug" (func $debug (param i32 i32) (result i32)))
    {EMPTY_MANIFEST}
    (func (export "_call") (param i32 i32 i32) (result i32) {loop(times, body)})
    (data (i32.const 0) "{"x" * 64}")"""
    return assembled("talking", text)


BREACHES = [
    (piping(3000, 0, 1), "capability rate"),
    (piping(3000, 1, 1), "output rate"),
    (piping(30, 0, 1, **with_rates(20, 10_000)), "capability rate"),
    (piping(30, 0, 2, **with_rates(5000, 500)), "output rate"),
    (original(3000, READ), "capability rate"),
    (original(100, CONSUME), "output rate"),
]


@pytest.mark.parametrize("period_ms", [2000, 0])
@pytest.mark.parametrize(("data", "kind"), BREACHES)
def test_a_breach_is_a_trap_with_its_name(
    tmp_path: Path, data: bytes, kind: str, period_ms: int
) -> None:
    with SimBoard(tmp_path, "--limit", "restart_ms=60000") as board, board.tcp() as client:
        cast(client, "piping", data, period_ms)
        if not period_ms:
            # A single call that somebody asks for may not do without end, either.
            assert client.error("call", name="piping")[0] == errors.TRAP
        found = until(client, "piping", lambda now: now["failures"] > 0)
        assert found["last_error"][0] == errors.TRAP
        assert found["last_error"][1][0].endswith(kind + " exceeded")
        assert client.request("stats", name="piping")["denials"] == {kind: 1}


def test_others_go_on(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        cast(client, "sine", stock("sine"), 10)
        cast(client, "piping", piping(3000, 0, 1), 10)
        until(client, "piping", lambda now: now["failures"] > 0)
        calls = row(client, "sine")["calls"]
        until(client, "sine", lambda now: now["calls"] > calls + 5)


def test_ten_thousand_calls_that_somebody_asked_for_are_no_breach(tmp_path: Path) -> None:
    data = piping(1, 0, 2, **with_rates(1, 1))
    with SimBoard(tmp_path) as board, board.tcp() as client:
        cast(client, "piping", data, 0)
        assert client.request("call", name="piping", count=10_000) == {"calls": 10_000}
        assert client.request("stats", name="piping")["denials"] == {}


def test_an_owner_who_sets_a_period_allows_what_it_takes(tmp_path: Path) -> None:
    data = piping(1, 0, 2, **with_rates(1, 80))
    with SimBoard(tmp_path) as board, board.tcp() as client:
        cast(client, "piping", data, 5)
        found = until(client, "piping", lambda now: now["calls"] > 100 or now["failures"])
        assert (found["failures"], found["state"]) == (0, "running")


def test_a_rune_that_sets_its_own_period_keeps_to_its_own_rate(tmp_path: Path) -> None:
    data = piping(1, 0, 2, period_ms=5, **with_rates(2, 10_000))
    with SimBoard(tmp_path, "--limit", "restart_ms=60000") as board, board.tcp() as client:
        client.upload("piping", data)
        client.request("start", name="piping")
        found = until(client, "piping", BACKING_OFF)
        assert found["last_error"][1][0].endswith("capability rate exceeded")
        # Two in a second, and one call's.
        assert 3 <= found["calls"] < 20


def test_asked_for_in_between_the_period_goes_on(tmp_path: Path) -> None:
    """What somebody asks for takes nothing from what the Rune may do by itself."""
    data = piping(1, 0, 2, period_ms=50, **with_rates(20, 1600))
    with SimBoard(tmp_path) as board, board.tcp() as client:
        client.upload("piping", data)
        client.request("start", name="piping")
        for _ in range(20):
            assert client.request("call", name="piping", count=50) == {"calls": 50}
            time.sleep(0.03)
        found = row(client, "piping")
        assert (found["failures"], found["state"]) == (0, "running")


def test_who_talks_too_much_is_cut_short_and_runs_on(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        cast(client, "talking", talking(500, 64), 20)
        until(client, "talking", lambda now: now["calls"] > 20)
        found = client.request("stats", name="talking")
        assert (found["failures"], found["state"]) == (0, "running")
        denied = found["denials"]["log rate"]
        passed = 500 * found["calls"] - denied
        # A bucket is 1,024 bytes a second and the longest message, 1,024.
        assert passed >= 32
        assert denied > 400 * 20


@pytest.mark.parametrize("name", ["sine", "gesture"])
def test_the_builder_states_what_the_period_takes(name: str) -> None:
    fields = manifest_of(stock(name))
    calls_per_s = -(-1000 // fields["period_ms"])
    assert [one["reads_per_s"] for one in fields["capabilities"]] == [calls_per_s]
    for output in fields["outputs"]:
        assert output["bytes_per_s"] == output["bytes"] * calls_per_s


def test_stock_runes_keep_to_their_rates_by_their_own_period(tmp_path: Path) -> None:
    with SimBoard(tmp_path, *SENSORS) as board, board.tcp() as client:
        for name in ("sine", "microspeech"):
            client.upload(name, stock(name))
            client.request("start", name=name)
        for name in ("sine", "microspeech"):
            found = until(client, name, lambda now: now["calls"] >= 3 or now["failures"])
            assert (found["failures"], found["state"]) == (0, "running")


@pytest.mark.parametrize("rate", [0, -1, True, "5", 1.5, 1 << 31, None])
@pytest.mark.parametrize("where", ["capabilities", "outputs", "limits"])
def test_what_is_no_rate_is_refused(tmp_path: Path, client_of: Any, where: str, rate: Any) -> None:
    fields: dict[str, Any] = {
        "capabilities": [PIPE["capabilities"][0] | {"reads_per_s": rate}],
        "outputs": [PIPE["outputs"][0] | {"bytes_per_s": rate}],
        "limits": {"log_bytes_per_s": rate},
    }
    code, arguments = client_of(piping(1, 0, 2, **{where: fields[where]}))
    assert code == errors.BAD_MANIFEST
    assert "rate" in arguments[1]
    assert arguments[0].rpartition(".")[2] in ("reads_per_s", "bytes_per_s", "log_bytes_per_s")


@pytest.fixture(scope="module")
def client_of(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What one board says to an upload that it must refuse."""
    with SimBoard(tmp_path_factory.mktemp("flash")) as board, board.tcp() as client:
        yield lambda data: refusal(client, data)


def refusal(client: Client, data: bytes) -> tuple[int, list[Any]]:
    try:
        client.upload("piping", data)
    except Exception as error:
        return error.code, error.arguments  # type: ignore[attr-defined]
    raise AssertionError("the board took it")
