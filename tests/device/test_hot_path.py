"""The steady call allocates nothing: the scheduler's call path with the heap locked."""

import wave
from pathlib import Path

import pytest

from tests.board import run_ok, run_script
from tests.device import runes
from tests.device.flash_files import put
from tests.device.runes import stock
from tests.signing import provision

# Everything but the links: what boot wires, then a schedule whose turns run under the lock.
SCRIPT = """
import gc, micropython, sys
from runicos import boot
import hal, sim
flash, name, flag, file = sys.argv[1:5]
options = ["--flash", flash] + ([flag, file] if flag else [])
system = boot.System(hal.Board(sim.parse(options)), None)
from runicos.watching import start
start(system)
system.runes.start(name, 1)
schedule = system.schedule
rune = system.runes.ready(name)
def turns(count):
    done = 0
    while done < count:
        before = rune.telemetry.times.calls
        if schedule.run_due() is not None:
            return -1
        done += rune.telemetry.times.calls - before
    return done
def locked(count):
    micropython.heap_lock()
    try:
        return turns(count)
    finally:
        micropython.heap_unlock()
turns(3)
gc.collect()
before = gc.mem_alloc()
print(locked(20), gc.mem_alloc() - before)
"""


def long_recording(folder: Path) -> Path:
    """Half a minute of sound in one file: opening the next one is not the steady state."""
    path = folder / "long.wav"
    with wave.open(str(path), "wb") as writer:
        writer.setparams((1, 2, 16_000, 0, "NONE", ""))
        writer.writeframes(b"\1\2" * 16_000 * 30)
    return path


def long_raw(folder: Path) -> Path:
    path = folder / "long.raw"
    path.write_bytes(bytes(4) * 100)
    return path


@pytest.mark.parametrize(
    ("name", "flag", "make"),
    [
        ("sine", "", None),
        ("sine_int8", "--raw", long_raw),
        ("microspeech", "--sound", long_recording),
    ],
)
def test_a_steady_call_allocates_nothing(
    tmp_path: Path, name: str, flag: str, make: object
) -> None:
    flash = tmp_path / "flash"
    provision(flash)
    put(flash, name, stock(name))
    file = make(tmp_path) if make else ""  # type: ignore[operator]
    assert run_ok(SCRIPT, flash, name, flag, file) == "20 0\n"


def test_the_lock_would_tell(tmp_path: Path) -> None:
    """The same turns with a driver that allocates must fail, or the test above shows nothing."""
    flash = tmp_path / "flash"
    provision(flash)
    put(flash, "sine_int8", stock("sine_int8"))
    short = runes.sample("sine_int8", "turn_0.raw")
    finished = run_script(SCRIPT, flash, "sine_int8", "--raw", short)
    assert "heap is locked" in finished.errors
