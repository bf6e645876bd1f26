"""The kernels' time here, beside portable C's and XNNPACK's: `python -m bench.kernels_here`.

Ours, the general kernels in C by -O2, and LiteRT with XNNPACK on one thread take turns in one run;
the quickest of each one's rounds counts. Times are the processor's, of this machine only; ratios
say more.
"""

import argparse
import resource
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench import kernel_runs
from bench.kernels import inputs, networks
from bench.report import report
from bench.section import Section
from runicd.model.read_tflite import read_tflite

ROUNDS = 7
_ROUND_S = 0.15
_LEAST_S = 1e-6
_MOST_CALLS = 20_000


@dataclass(frozen=True, slots=True)
class Timed:
    """Microseconds of one call; None where LiteRT is not installed."""

    network: str
    portable_us: float
    ours_us: float
    litert_us: float | None


def time_network(network: str, path: Path) -> Timed:
    """Time one network by all three in turns. Raises KernelError."""
    data = path.read_bytes()
    one = inputs(read_tflite(data))
    runs: dict[str, Callable[[int], float]] = {
        core: _program(core, data, one) for core in ("x86-portable", "x86")
    }
    if litert := _litert(data, one):
        runs["litert"] = litert
    calls = {name: _calls(run) for name, run in runs.items()}
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(ROUNDS):
        for name, run in runs.items():
            best[name] = min(best[name], 1e6 * run(calls[name]) / calls[name])
    return Timed(network, best["x86-portable"], best["x86"], best.get("litert"))


def _program(core: str, data: bytes, one: bytes) -> Callable[[int], float]:
    """Return what times so many calls of our program, less what starting it takes."""
    kernel_runs.build(core)
    children = resource.RUSAGE_CHILDREN
    starting_s = min(
        _time(lambda: kernel_runs.run(core, [(data, one)]), children) for _ in range(ROUNDS)
    )

    def run(calls: int) -> float:
        jobs = [(data, one * (1 + calls))]
        whole_s = _time(lambda: kernel_runs.run(core, jobs), children)
        return max(whole_s - starting_s, _LEAST_S)

    return run


def _litert(data: bytes, one: bytes) -> Callable[[int], float] | None:
    try:
        from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415 - need not be there
    except ImportError:
        return None
    interpreter: Any = Interpreter(model_content=data, num_threads=1)
    interpreter.allocate_tensors()
    at = 0
    for wanted in interpreter.get_input_details():
        count = int(np.prod(wanted["shape"])) * np.dtype(wanted["dtype"]).itemsize
        values = np.frombuffer(one[at : at + count], wanted["dtype"])
        interpreter.set_tensor(wanted["index"], values.reshape(wanted["shape"]))
        at += count

    def run(calls: int) -> float:
        return _time(lambda: [interpreter.invoke() for _ in range(calls)], resource.RUSAGE_SELF)

    return run


def _time(work: Callable[[], object], who: int) -> float:
    """Return the processor's time that this process or its children took for it."""
    begun = resource.getrusage(who)
    work()
    ended = resource.getrusage(who)
    return ended.ru_utime + ended.ru_stime - begun.ru_utime - begun.ru_stime


def _calls(run: Callable[[int], float]) -> int:
    """Return how many calls take about as long as a round should."""
    calls = 1
    while calls < _MOST_CALLS and run(calls) < _ROUND_S:
        calls *= 2
    return calls


def section(timed: list[Timed]) -> Section:
    """Return the table."""
    rows = []
    for each in timed:
        ours = (each.portable_us, each.ours_us, each.portable_us / each.ours_us)
        theirs: tuple[object, ...] = ("-", "-")
        if each.litert_us is not None:
            theirs = (each.litert_us, each.ours_us / each.litert_us)
        rows.append((each.network, *ours, *theirs))
    columns = ("network", "C -O2 us", "nn us", "times as fast", "XNNPACK us", "nn / XNNPACK")
    return Section("One call on this machine, one thread", columns, rows)


def _sections() -> Iterator[Section]:
    yield section([time_network(name, path) for name, path in networks().items()])


def main() -> int:
    """Time and print; 2 when it cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m bench.kernels_here", description=__doc__)
    parser.add_argument("--json", type=Path, default=Path("build/bench-kernels-here.json"))
    options = parser.parse_args()
    return report(_sections(), options.json, emulated=False)


if __name__ == "__main__":
    sys.exit(main())
