"""The log's ring: the newest records stay, in order, whatever their sizes."""

import time
from pathlib import Path

from tests.board import ROOT, run_ok
from tests.device.runes import stock
from tests.device.sim_board import SimBoard

SOURCES = (ROOT / "device",)

SCRIPT = """
import random
from journal import Ring
from runicos.log import INFO, NOTE
TEXT_MAX_BYTES = 240
HEADS_BYTES, FRAME_BYTES = 72, 19
for capacity in (394, 395, 512, 1000, 4096):
    log = Ring(bytearray(capacity))
    written = []
    random.seed(capacity)
    for number in range(1, 600):
        name = "n" * random.randint(0, 20)
        text = "%d:" % number + "x" * random.randint(0, 300)
        assert log.write(NOTE, INFO, name, text, number) == number
        written.append([number, "info", name, number, text[:TEXT_MAX_BYTES], 1])
        if number % 7:
            continue
        kept, after = [], 0
        while True:
            lines, following = log.lines(None, after, 1000)
            if following == after:
                break
            after, kept = following, kept + lines
        assert kept and kept == written[-len(kept):], (capacity, number, kept)
        used = sum([FRAME_BYTES + len(r[2]) + len(r[4]) for r in kept])
        assert used <= capacity - HEADS_BYTES
        assert number < 100 or used > capacity - HEADS_BYTES - 332, (capacity, number, used)
        state = (1, number - len(kept) + 1, number, number - len(kept), used, capacity)
        assert log.state() == state, (log.state(), state)
    found = [r[0] for r in log.lines(None, 597, 10)[0]]
    assert found == [598, 599] or capacity < 1000 and found == [599]
    assert len(log.lines(None, 0, 1)[0]) == 1
log = Ring(bytearray(1000))
log.write(NOTE, INFO, "a", "\u00fc" * 200, 0)
log.write(NOTE, INFO, "b", "a" + "\u00fc" * 200, 0)
log.write(NOTE, INFO, "c", b"\\xff no text \\x00", 0)
assert log.lines("a", 0, 9)[0][0][4] == "\u00fc" * 120
assert log.lines("b", 0, 9)[0][0][4] == "a" + "\u00fc" * 119
assert [r[4] for r in log.lines("c", 0, 9)[0]] == ["? no text ?"]
assert log.lines("d", 0, 9) == ([], 3)
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
    telemetry.times.add(1, elapsed_us)
telemetry.times.add(0, 5)
micropython.heap_unlock()
telemetry.fail(RuneError(TRAP, "[trap] x", 1))
telemetry.fail(RuneError(TRAP, "[trap] x", 2))
telemetry.fail(RuneError(CALL_FAILED, "a", "b"))
telemetry.times.add(10, 5_000_000)
times = telemetry.times
print(times.calls, telemetry.failures, times.last_us, times.max_us, telemetry.mean_us)
print(telemetry.traps)
"""
    mean_us = (sum(range(1000)) + 5_000_000) // 1010
    expected = f"1010 3 500000 500000 {mean_us}\n{{'[trap] x': 2}}\n"
    assert run_ok(script, source_paths=SOURCES) == expected


def test_what_was_counted_is_written_with_the_load_since() -> None:
    script = """
import journal
from runicos.telemetry import Telemetry
ring = journal.Ring(bytearray(1000))
telemetry = Telemetry()
telemetry.flash = 54321, 0
telemetry.times.add(10, 2_000_000)
print(telemetry.count(ring, "sine", 8_000, 7))
telemetry.restarts = 3
print(telemetry.count(ring, "sine", 60_000, 7))
telemetry.times.add(1, 500_000)
print(telemetry.count(ring, "sine", 61_000, 8))
frames = ring.frames(None, 0, 1000)
size = len(frames) // 2
for at in range(size - 36, 2 * size, size):
    print([int.from_bytes(frames[i : i + 4], "little") for i in range(at, at + 36, 4)])
"""
    assert run_ok(script, source_paths=SOURCES).splitlines() == [
        "1",
        "0",  # nothing was called, but time has passed
        "2",
        "[10, 0, 2000, 200000, 200000, 54321, 0, 250, 7]",
        "[11, 0, 2500, 500000, 500000, 54321, 3, 500, 8]",
    ]


def test_times_in_the_log_count_from_the_boards_boot(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        time.sleep(0.5)
        client.upload("sine", stock("sine"))
        times_ms = [record[3] for record in client.request("logs")["records"]]
    assert times_ms[0] < 500
    assert 400 < times_ms[-1] < 20_000
