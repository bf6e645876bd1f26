"""What a running board costs: casting a 300 KB Rune over TCP, and RunicOS's heap when idle."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.figure import Figure
from runicd import Simulator, build
from runicd.model.write_tflite import Graph
from runicd.types import Rune

CASTS = 5
WIDTH = 272
_RUNEFILE = f"""\
FROM runicos/base
CAPABILITY<f32[1, {WIDTH}]> numbers RAW --length {4 * WIDTH}
MODEL<f32[1, {WIDTH}], f32[1, {WIDTH}]> wide ./wide.tflite
RUN numbers wide
OUT serial
"""


def large_rune(folder: Path, seed: int) -> Rune:
    """Return a Rune of about 300 KB: two layers of random weights, no two alike."""
    random = np.random.default_rng(seed)
    graph = Graph("wide")
    numbers = graph.input("numbers", "f32", (1, WIDTH))
    half = WIDTH // 2
    for name, rows in (("down", half), ("up", WIDTH)):
        columns = WIDTH if name == "down" else half
        weights = graph.constant(name, random.standard_normal((rows, columns), dtype=np.float32))
        numbers = graph.op("FULLY_CONNECTED", [numbers, weights])
    graph.output(numbers)
    (folder / "wide.tflite").write_bytes(graph.to_bytes())
    (folder / "Runefile").write_text(_RUNEFILE)
    return build(folder / "Runefile")


def figures() -> Iterator[Figure]:
    """Yield the time of a cast until the Rune runs, and the idle heap."""
    with tempfile.TemporaryDirectory() as folder, Simulator(raw=__file__) as board:
        facts = board.facts()
        yield Figure("heap idle", facts["heap_bytes"] - facts["heap_free"], "bytes")
        times = []
        for seed in range(CASTS):
            rune = large_rune(Path(folder), seed)
            start = time.perf_counter()
            board.cast(rune, period_ms=0)
            times.append(time.perf_counter() - start)
        yield Figure("cast size", len(rune.data), "bytes")
        yield Figure("cast over TCP until it runs", statistics.median(times), "s", limit=1.0)
