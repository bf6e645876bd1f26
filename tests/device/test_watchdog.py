"""The watchdog: native code that never returns costs a restart, and the Rune is named."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from wasmtime import wat2wasm

from runicd.runefile.build import build
from runicos.contract import cbor, errors
from runicos.contract.sentences import sentence
from tests.board import run_ok
from tests.device.rows import row
from tests.device.runes import EMPTY_MANIFEST, assembled, stock, with_manifest
from tests.device.sim_board import BoardError, Client, SimBoard
from tests.device.test_boot_guard import is_marked, send
from tests.device.test_mpremote import mpremote
from tests.device.test_rates import loop, piping
from tests.device.test_restarts import cast

WATCHDOG_MS = 2000
SOON = ("--limit", f"watchdog_ms={WATCHDOG_MS}", "--limit", "call_ms=900")
WINDOW_BYTES = 2
PATIENCE_S = 60


class Sensor:
    """A named pipe that is the board's RAW: who reads what nobody has written never returns."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "sensor.raw"
        os.mkfifo(self.path)
        # For reading, too: so that it never ends.
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)

    def measure(self, windows: int) -> None:
        assert os.write(self._descriptor, bytes(WINDOW_BYTES * windows)) == WINDOW_BYTES * windows

    def close(self) -> None:
        os.close(self._descriptor)


@pytest.fixture
def sensor(tmp_path: Path) -> Any:
    made = Sensor(tmp_path)
    yield made
    made.close()


def reading(name: str, **changes: Any) -> bytes:
    """A Rune that reads the sensor once in each call."""
    return with_manifest(piping(1, 0, 2, kind="RAW"), name=name, **changes)


def until(board: SimBoard, holds: Callable[[Client], bool]) -> Client:
    """A conversation with the board in which something holds; it may restart meanwhile."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            client = board.tcp()
        except ConnectionError:
            time.sleep(0.05)
            continue
        try:
            if holds(client):
                return client
        except (AssertionError, EOFError, OSError):
            # It restarts, or hangs.
            pass
        client.line.close()
        time.sleep(0.05)
    raise AssertionError("that never held")


def did_not_come_back(name: str, error: list[Any]) -> bool:
    return sentence(*error).startswith(f"{name} failed: it did not come back: watchdog")


def failed_once(name: str, count: int = 1) -> Callable[[Client], bool]:
    return lambda client: bool(
        (found := row(client, name))["last_error"]
        and did_not_come_back(name, found["last_error"])
        and found.get("failures_in_row", 0) >= count
    )


def test_a_call_that_hangs_restarts_the_board_and_is_named(tmp_path: Path, sensor: Sensor) -> None:
    with SimBoard(tmp_path / "flash", "--raw", sensor.path, *SOON) as board:
        process = board.process.pid
        with board.serial() as client:
            cast(client, "sine", stock("sine"), 20)
            cast(client, "hanging", reading("hanging", period_ms=20), 20)
            sensor.measure(30)
        with until(board, failed_once("hanging")) as client:
            found = row(client, "hanging")
            assert found["state"] in ("backing off", "running")
            assert row(client, "sine")["state"] == "running"
            fault = client.request("health")["fault"]
            assert fault == "watchdog, in a call of hanging"
            log = [record[4] for record in client.request("logs")["records"]]
            assert f"the board restarted after a fault: {fault}" in log
            # The journal of before is there still, and says why the board started.
            boots = [record for record in log if record.startswith("RunicOS ")]
            assert [boot.rpartition(": ")[2] for boot in boots] == ["power on", "watchdog"]
        assert board.process.pid == process
        assert board.alive()
        # Its serial line is the same, too, and nothing more hangs once there is something to read.
        with board.serial() as client:
            client.request("stop", name="hanging")
            calls = row(client, "sine")["calls"]
            while row(client, "sine")["calls"] == calls:
                time.sleep(0.01)


def test_one_that_hangs_at_each_start_is_given_up(tmp_path: Path, sensor: Sensor) -> None:
    options = ("--raw", sensor.path, *SOON, "--limit", "failures_max=2", "--limit", "restart_ms=1")
    flash = tmp_path / "flash"
    with SimBoard(flash, *options) as board:
        with board.tcp() as client:
            client.upload("hanging", reading("hanging", period_ms=20))
            send(client, "start", name="hanging", period_ms=20)
        with until(board, failed_once("hanging", 2)) as client:
            assert row(client, "hanging")["state"] == "failed"
            records = [record[4] for record in client.request("logs")["records"]]
            assert "given up: 2 failures in a row" in records
        assert is_marked(flash, "hanging")
    with SimBoard(flash, *options) as board, board.tcp() as client:
        assert row(client, "hanging")["last_error"][0] == errors.NOT_SURVIVED
        # Whoever starts it begins anew.
        sensor.measure(50)
        client.request("start", name="hanging", period_ms=0)
        assert client.request("call", name="hanging", count=20)["calls"] == 20
        assert not is_marked(flash, "hanging")


def test_resets_are_forgotten_once_it_is_well(tmp_path: Path, sensor: Sensor) -> None:
    flash = tmp_path / "flash"
    state = flash / "runes" / "weary.state"
    options = ("--raw", sensor.path, *SOON, "--limit", "failures_max=1000")
    with SimBoard(flash, *options) as board:
        with board.tcp() as client:
            cast(client, "weary", reading("weary", period_ms=5), 5)
            sensor.measure(5)
        with until(board, failed_once("weary")) as client:
            assert cbor.loads(state.read_bytes())["hangs"] >= 1
            sensor.measure(2000)
            while "failures_in_row" in row(client, "weary"):
                time.sleep(0.01)
            assert "hangs" not in cbor.loads(state.read_bytes())


def test_a_new_version_that_hangs_goes_back(tmp_path: Path, sensor: Sensor) -> None:
    good = piping(1, 0, 2, period_ms=5)
    with SimBoard(tmp_path / "flash", "--raw", sensor.path, *SOON) as board:
        with board.tcp() as client:
            cast(client, "piping", good, 5)
            while row(client, "piping")["trial"]:
                time.sleep(0.01)
            client.upload("piping", reading("piping", period_ms=5, release="0.2.0"))
            send(client, "start", name="piping", period_ms=5)
        with until(board, lambda client: bool(row(client, "piping")["went_back"])) as client:
            found = row(client, "piping")
            assert (found["release"], found["state"]) == ("0.1.0", "running")
            assert found["went_back"][:2] == ["0.2.0", errors.CALL_FAILED]


def test_code_at_the_prompt_may_take_as_long_as_it_likes(tmp_path: Path) -> None:
    script = f"import time; time.sleep_ms({2 * WATCHDOG_MS}); print('done')"
    with SimBoard(tmp_path, *SOON) as board:
        assert "done" in mpremote(board, "exec", script)
        with board.tcp() as client:
            assert client.request("health")["fault"] is None


def test_a_process_that_was_stopped_is_not_blamed(tmp_path: Path) -> None:
    with SimBoard(tmp_path, *SOON) as board, board.tcp() as client:
        cast(client, "sine", stock("sine"), 20)
        board.process.send_signal(signal.SIGSTOP)
        time.sleep(1.5 * WATCHDOG_MS / 1000)
        board.process.send_signal(signal.SIGCONT)
        assert client.request("health")["fault"] is None


LOOP = loop(2_000_000_000, "")


def test_a_call_limit_ends_before_the_watchdog_does(tmp_path: Path) -> None:
    """That Rune alone stops, whatever its manifest says."""
    endless = assembled(
        "endless",
        EMPTY_MANIFEST + f'(func (export "_call") (param i32 i32 i32) (result i32) {LOOP})',
        limits={"call_ms": 600_000},
    )
    with SimBoard(tmp_path, *SOON) as board, board.tcp() as client:
        client.upload("endless", endless)
        client.request("start", name="endless", period_ms=0)
        assert client.error("call", name="endless")[0] == errors.TRAP
        assert client.request("health")["fault"] is None


SCHEDULE = """
from runicos.schedule import Schedule
clock = [0]
class Outputs:
    def deliver(self): pass
    def congested(self, name): return False
    def wanted(self, name): return False
class Times:
    last_us = 1000000
class Telemetry:
    times = Times
class Runtime:
    deadline_ms = 5000
class Slow:
    runtimes = [Runtime]
    calls = 0
    def call(self, count, requested):
        clock[0] += 1500
        self.calls += 1
class Rune:
    period_ms, due_ms, unproven, telemetry = 10, 0, False, Telemetry()
    def __init__(self, name):
        self.name, self.container = name, Slow()
schedule = Schedule(Outputs(), None, None, lambda: clock[0])
runes = {name: Rune(name) for name in "abc"}
for rune in runes.values():
    schedule.add(rune)
for _ in range(6):
    schedule.step()
print([rune.container.calls for rune in runes.values()], schedule.is_well(runes))
done = []
for rune in runes.values():
    schedule.remove(rune)
    schedule.request(rune, 2, lambda calls, error: done.append(calls), None)
for _ in range(6):
    schedule.step()
print([rune.container.calls for rune in runes.values()], done)
# Nobody calls them any more, though they are to be called.
print(schedule.is_well(runes))
clock[0] += 20000
print(schedule.is_well(runes))
"""


def test_slow_runes_take_turns_and_one_that_is_forgotten_is_not_well() -> None:
    lines = run_ok(SCHEDULE).splitlines()
    assert lines == ["[2, 2, 2] True", "[4, 4, 4] [2, 2, 2]", "True", "False"]


SLOW_BLOCK = """(module (memory (export "memory") 1)
  (global (export "__heap_base") i32 (i32.const 64))
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (local i32)
    (loop
      (local.set 4 (i32.add (local.get 4) (i32.const 1)))
      (br_if 0 (i32.lt_u (local.get 4) (i32.const 40000000))))
    (i32.const 0)))"""
SLOW_BLOCKS = 16


def slow_to_test(folder: Path) -> bytes:
    """A Rune of many blocks: each is within its time, and a golden vector takes all of them."""
    mine = "{{proc-block: ./block.wasm, inputs: [{}], outputs: [{{type: u8, dimensions: [4]}}]}}"
    names = ["random", *(f"mine{at}" for at in range(SLOW_BLOCKS))]
    lines = ["version: 1", "image: runicos/base", "pipeline:"]
    lines.append("  random: {capability: RAND, args: {n: 4}}")
    lines += [f"  {names[at + 1]}: {mine.format(names[at])}" for at in range(SLOW_BLOCKS)]
    lines.append(f"  serial: {{out: serial, inputs: [{names[-1]}]}}")
    (folder / "Runefile").write_text("\n".join(lines))
    (folder / "block.wasm").write_bytes(bytes(wat2wasm(SLOW_BLOCK)))
    vector = {"inputs": {"random": [1, 2, 3, 4]}, "outputs": {"serial": [0, 0, 0, 0]}}
    (folder / "golden.json").write_text(json.dumps([vector]))
    return build(folder / "Runefile", name="slow").data


def test_blocks_that_are_slow_together_in_a_golden_vector_are_no_hang(tmp_path: Path) -> None:
    """Each had its call's time, and nothing fed the watchdog between them."""
    folder = tmp_path / "rune"
    folder.mkdir()
    data = slow_to_test(folder)
    with SimBoard(tmp_path / "flash", *SOON, heap="8m") as board, board.tcp() as client:
        client.upload("slow", data)
        try:
            assert client.request("start", name="slow", period_ms=0)["self_test"] == "passed"
        except BoardError as error:
            # On a machine that is busy one block alone takes its time: that is no hang either.
            assert error.code == errors.TRAP
        assert not client.request("hello").get("fault")
