"""What a container costs: `(t_rune - t_native) / t_native`, the papers' equation 1 and figure 3.

Native is a C loop over the same kernels with the same capability reads and the same output, in the
same firmware on the same data. It leaves out what the board's service does between calls.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure as Canvas

from bench.figure import Figure
from runicd import build
from runicd.sim.sensors import Sources

ROOT = Path(__file__).parents[1]
FIRMWARE = ROOT / "build" / "unix" / "micropython"
COUNTS = (1_000, 10_000, 100_000, 1_000_000)
# A multiple of 31: the clock is read in every 31st run of a short pipeline.
CALLS_COUNTED = 31
# Counts that a slow Rune would take longer for are left out, unless told otherwise.
LONGEST_RUN_S = 20.0
LIMITS_PERCENT = {"sine": 10.0, "microspeech": 1.0, "digits": 2.0}
PAPER_PERCENT = (28, 45)
SOURCES = {"microspeech": "sound", "digits": "image"}


@dataclass(frozen=True, slots=True)
class Timing:
    """Microseconds of the quickest batch of `batch` calls out of `count`, three ways."""

    rune: str
    count: int
    batch: int
    native_us: int
    rune_us: int
    called_us: int

    @property
    def overhead_percent(self) -> float:
        """The overhead of the container, called in a C loop."""
        return 100 * (self.rune_us - self.native_us) / self.native_us

    @property
    def called_percent(self) -> float:
        """The overhead when each call comes from MicroPython."""
        return 100 * (self.called_us - self.native_us) / self.native_us


def measure(rune: Path, name: str, count: int) -> Timing:
    """Run `count` calls three ways in one process of the firmware."""
    with tempfile.TemporaryDirectory() as flash:
        command = [FIRMWARE, "-X", "heapsize=256k", ROOT / "bench" / "board_overhead.py"]
        arguments = [rune, str(count), "--flash", flash, *sources(name, Path(flash))]
        environment = {key: value for key, value in os.environ.items() if key != "MICROPYPATH"}
        ran = subprocess.run(
            [*command, *arguments], check=True, capture_output=True, text=True, env=environment
        )
    return Timing(name, count, *map(int, ran.stdout.split()[-4:]))


def counted_percent(rune: Path, name: str) -> float:
    """Return the overhead in instructions: what so many calls more take, both ways."""
    taken = [
        instructions(rune, name, way, 1 + CALLS_COUNTED) - instructions(rune, name, way, 1)
        for way in ("native", "rune")
    ]
    return 100 * (taken[1] - taken[0]) / taken[0]


def instructions(rune: Path, name: str, way: str, count: int) -> int:
    """Return the instructions of a whole process that makes `count` calls."""
    with tempfile.TemporaryDirectory() as flash:
        log = Path(flash) / "callgrind.log"
        command = [
            "valgrind",
            "--tool=callgrind",
            f"--log-file={log}",
            "--callgrind-out-file=/dev/null",
        ]
        script = [FIRMWARE, "-X", "heapsize=256k", ROOT / "bench" / "board_instructions.py"]
        arguments = [way, rune, str(count), "--flash", flash, *sources(name, Path(flash))]
        environment = {key: value for key, value in os.environ.items() if key != "MICROPYPATH"}
        subprocess.run(
            [*command, f"--log-file={log}", *script, *arguments],
            check=True,
            capture_output=True,
            env=environment,
        )
        return int(re.findall(r"Collected : (\d+)", log.read_text())[0])


def sources(name: str, folder: Path) -> list[str]:
    """Return the simulated board's options that feed a Rune its samples."""
    if name not in SOURCES:
        return []
    samples = ROOT / "runes" / name / "samples"
    return Sources(**{SOURCES[name]: (samples,)}).arguments(folder)


def timings(name: str, rune: Path, longest_run_s: float) -> Iterator[Timing]:
    """Yield a Timing for each count whose calls, three ways, end within `longest_run_s`."""
    per_call_us = 0.0
    for count in COUNTS:
        if count * per_call_us > longest_run_s * 1e6:
            return
        timing = measure(rune, name, count)
        per_call_us = (timing.native_us + timing.rune_us + timing.called_us) / timing.batch
        yield timing


def figures(plot: Path, longest_run_s: float) -> Iterator[Figure]:
    """Yield overheads and calls a second, and draw the plot.

    Limits are held against counted instructions where valgrind is there to count them: time is
    what a machine that others use, too, disturbs.
    """
    series = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, limit in LIMITS_PERCENT.items():
            rune = Path(folder) / f"{name}.rune"
            rune.write_bytes(build(ROOT / "runes" / name / "Runefile").data)
            series[name] = list(timings(name, rune, longest_run_s))
            for timing in series[name]:
                label = f"overhead {name} {timing.count} calls"
                yield Figure(label, timing.overhead_percent, "%")
            last = series[name][-1]
            if shutil.which("valgrind") is None:
                yield Figure(f"overhead {name}", last.overhead_percent, "%", limit=limit)
            else:
                percent = counted_percent(rune, name)
                yield Figure(f"overhead {name} in instructions", percent, "%", limit=limit)
            yield Figure(f"overhead {name} called from MicroPython", last.called_percent, "%")
            yield Figure(f"calls {name}", last.batch / last.called_us * 1e6, "calls/s")
    draw(series, plot)


def draw(series: dict[str, list[Timing]], path: Path) -> None:
    """Draw overhead over the number of calls, as the papers' figure 3 does."""
    canvas = Canvas(figsize=(6, 4))
    axes = canvas.subplots()
    for name, found in series.items():
        points = [timing.count for timing in found], [timing.overhead_percent for timing in found]
        axes.plot(*points, marker="o", label=name)
    axes.set_xscale("log")
    axes.set_xlabel("calls")
    axes.set_ylabel("container overhead, % of native time")
    axes.axhline(0, color="grey", linewidth=0.5)
    axes.axhspan(*PAPER_PERCENT, color="grey", alpha=0.15, label="the paper, sine on Cortex-M7")
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas.savefig(path)
