"""Measure a Rune against the same kernels in a C loop (a MicroPython script).

Usage: micropython board_overhead.py RUNE COUNT [sim.py's options]. Prints one line: calls in
a batch, and microseconds of the quickest batch of the native loop, of the Rune called in a C loop,
and of the Rune called from MicroPython. The three take turns, in batches of about 20 ms until each
has made COUNT calls; the quickest batch is the one that the machine disturbed least.
"""

import gc
import sys
import time

import hal
import rune as native
import sim

from runicos import check, container, facts, sections

_TURNS = 50
_BATCH_US = 20_000
_WARM_UP = 100
_FUEL_PER_MS = 1_000_000


def load(path: str, arguments: "list[str]") -> object:
    """Return the container of a Rune, as the board would make it."""
    board = hal.Board(sim.parse(arguments))
    # Else it is measured, in instructions that differ from one process to the next.
    board.fuel_per_ms = _FUEL_PER_MS
    read = sections.read((memoryview(board.map_file(path)),))
    grant = check.grant(read, facts.collect(board, 1 << 30, 1 << 30))
    return container.build(grant, read, board, print)


def native_us(loaded: object, count: int) -> int:
    """Return the time of `count` rounds of the kernels alone, not timed stage by stage."""
    loaded.pipeline.timing = False
    start = time.ticks_us()
    native.native_loop(loaded.pipeline, count)
    elapsed = time.ticks_diff(time.ticks_us(), start)
    loaded.pipeline.timing = True
    return elapsed


def rune_us(loaded: object, count: int) -> int:
    """Return the time of `count` calls of the Rune, made in one call from MicroPython."""
    start = time.ticks_us()
    loaded.native.call(count)
    return time.ticks_diff(time.ticks_us(), start)


def called_us(loaded: object, count: int) -> int:
    """Return the time of `count` calls of the Rune, each made from MicroPython."""
    call = loaded.native.call
    start = time.ticks_us()
    for _ in range(count):
        call(1)
    return time.ticks_diff(time.ticks_us(), start)


def main() -> None:
    """Print the three times."""
    path, count = sys.argv[1], int(sys.argv[2])
    loaded = load(path, sys.argv[3:])
    warm_up = min(count, _WARM_UP)
    each_us = max(1, rune_us(loaded, warm_up) // warm_up)
    batch = max(1, min(count, _BATCH_US // each_us))
    gc.collect()
    best = [1 << 30] * 3
    for _ in range(max(_TURNS, count // batch)):
        for at, measure in enumerate((native_us, rune_us, called_us)):
            best[at] = min(best[at], measure(loaded, batch))
    print(batch, best[0], best[1], best[2])


if __name__ == "__main__":
    main()
