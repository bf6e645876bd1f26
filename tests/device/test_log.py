"""The log's ring: the newest records stay, in order, whatever their sizes."""

import time
from pathlib import Path

from tests.board import ROOT, run_ok
from tests.device.runes import stock
from tests.device.sim_board import SimBoard

SOURCES = (ROOT / "device",)

SCRIPT = """
import gc, random
from runicos.log import Log, INFO, TEXT_MAX_BYTES
clock = [0]
def ticks():
    clock[0] += 1
    return clock[0]
for capacity in (400, 401, 512, 1000, 4096):
    log = Log(capacity, ticks)
    written = []
    random.seed(capacity)
    for number in range(1, 600):
        name = "n" * random.randint(0, 20)
        text = "%d:" % number + "x" * random.randint(0, 300)
        log.write(INFO, name, text)
        written.append([number, "info", name, text[:TEXT_MAX_BYTES]])
        kept = [[r[0], r[1], r[2], r[4]] for r in log.read(None, 0, 1000)]
        assert kept and kept == written[-len(kept):], (capacity, number, kept)
        used = sum([12 + len(r[2]) + len(r[3]) for r in kept])
        assert used <= capacity
        assert number < 100 or used > capacity - 3 * 332, (capacity, number, used)
    assert log.sequence == 599
    found = [r[0] for r in log.read(None, 597, 10)]
    assert found == [598, 599] or capacity < 1000 and found == [599]
    assert len(log.read(None, 0, 1)) == 1
log = Log(400, ticks)
log.write(INFO, "a", "ü" * 200)
log.write(INFO, "b", "second")
assert log.read("a", 0, 9)[0][4].startswith("??") or len(log.read("a", 0, 9)[0][4]) == 120
assert [r[4] for r in log.read("b", 0, 9)] == ["second"]
assert log.read("c", 0, 9) == []
print("ok")
"""


def test_the_ring_keeps_the_newest_records() -> None:
    assert run_ok(SCRIPT, source_paths=SOURCES, heap="4M") == "ok\n"


def test_telemetry_counts_without_allocating() -> None:
    script = """
import micropython
from runicos.contract.errors import CALL_FAILED, TRAP, RuneError
from runicos.telemetry import Telemetry
telemetry = Telemetry()
elapsed_us = 0
micropython.heap_lock()
for elapsed_us in range(1000):
    telemetry.add(1, elapsed_us)
telemetry.add(0, 5)
micropython.heap_unlock()
telemetry.fail(RuneError(TRAP, "[trap] x", 1))
telemetry.fail(RuneError(TRAP, "[trap] x", 2))
telemetry.fail(RuneError(CALL_FAILED, "a", "b"))
telemetry.add(10, 5_000_000)
print(telemetry.calls, telemetry.failures, telemetry.last_us, telemetry.max_us, telemetry.mean_us)
print(telemetry.traps)
"""
    mean_us = (sum(range(1000)) + 5_000_000) // 1010
    expected = f"1010 3 500000 500000 {mean_us}\n{{'[trap] x': 2}}\n"
    assert run_ok(script, source_paths=SOURCES) == expected


def test_times_in_the_log_count_from_the_boards_boot(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        time.sleep(0.5)
        client.upload("sine", stock("sine"))
        times_ms = [record[3] for record in client.request("logs")["records"]]
    assert times_ms[0] < 500
    assert 400 < times_ms[-1] < 20_000
