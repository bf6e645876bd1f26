"""How long the command line takes as a process, and how large what it builds is."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure
from runicd.runefile.wasm_module import read_module

ROOT = Path(__file__).parents[1]
RUNICD = Path(sys.executable).with_name("runicd")
RUNES = ("sine", "digits", "gesture", "microspeech")
REPEATS = 9


def seconds(*command: str | Path) -> float:
    """Return the median wall time of a process, in seconds, its start included."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def figures() -> Iterator[Figure]:
    """Yield the time of `--help`, and of each stock Rune's build with its sizes."""
    yield Figure("runicd --help", seconds(RUNICD, "--help"), "s", limit=0.2)
    with tempfile.TemporaryDirectory() as folder:
        for name in RUNES:
            rune = Path(folder) / f"{name}.rune"
            runefile = ROOT / "runes" / name / "Runefile"
            build_s = seconds(RUNICD, "build", runefile, "-o", rune, "--quiet")
            yield Figure(f"runicd build {name}", build_s, "s", limit=0.3)
            yield from sizes(name, rune.read_bytes())


def sizes(name: str, data: bytes) -> Iterator[Figure]:
    """Yield a Rune's size and that of its WebAssembly alone, custom sections left out."""
    yield Figure(f"size {name}", len(data), "bytes")
    custom = sum(section.bytes for section in read_module(data).sections if section.id == 0)
    yield Figure(f"wasm {name}", len(data) - custom, "bytes")
