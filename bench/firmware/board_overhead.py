"""Measures, on a board, what calls of a Rune cost."""

import gc

import mps
import regions
import rune as native
from region_numbers import (
    CALLED,
    NATIVE_MORE,
    NATIVE_ONE,
    NOTHING,
    RUNE_MORE,
    RUNE_ONE,
    UNCOUNTED_MORE,
    UNCOUNTED_ONE,
    UNMETERED_MORE,
    UNMETERED_ONE,
    UNTIMED,
)

_FLASH_BYTES = 1 << 30


class Board:
    """What building a container asks of a board: capabilities, whose bytes are given."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.sources: "list[object]" = []

    def facts(self) -> "dict[str, object]":
        """Return what a board with every capability says of itself."""
        kinds = ("RAND", "SOUND", "IMAGE", "ACCEL", "RAW")
        return {"capabilities": {kind: {} for kind in kinds}, "outputs": ["SERIAL", "TENSOR"]}

    def capability(self, kind: str, params: "dict[str, object]") -> object:
        """Return a driver that gives the same bytes again and again."""
        self.sources.append(regions.Source(self._data))
        return self.sources[-1]


def _load(board: Board) -> object:
    """Return the container of the Rune that is named by an argument, as RunicOS makes it."""
    from runicos import check, container, facts, sections

    read = sections.read((memoryview(regions.read(mps.argument("rune"))),))
    granted = check.grant(read, facts.collect(board, _FLASH_BYTES, _FLASH_BYTES))
    return container.build(granted, read, board, print)


def _start_over(board: Board, pipeline: object) -> None:
    """Let the same calls with the same data come again."""
    pipeline.reset()
    for source in board.sources:
        source.rewind()


def overhead(used_bytes: int) -> "dict[str, object]":
    """Make the same calls: stages alone, uncounted, counted, each from Python, and unmetered.

    From Python each call is timed as RunicOS has it timed, and then not.

    Short pipelines read the clock in every 31st run only. `calls` is 31 or a multiple for these,
    and what is left out between two regions lets each begin at the same place of that round.
    """
    calls = int(mps.argument("calls"))
    _metered(calls)
    # A small heap has no room for both.
    gc.collect()
    _unmetered(calls)
    return {}


def _metered(calls: int) -> None:
    """Make the calls that fuel, deadline and rates are for."""
    board = Board(regions.read(mps.argument("data")))
    loaded = _load(board)
    pipeline, call = loaded.pipeline, loaded.native.call
    call(1)
    gc.collect()
    regions.call(NOTHING, None)
    pipeline.timing = False
    native.native_loop(pipeline, calls)
    for region, count in ((NATIVE_ONE, 1), (NATIVE_MORE, 1 + calls)):
        _start_over(board, pipeline)
        regions.call(region, native.native_loop, pipeline, count)
    saga = pipeline.saga
    pipeline.saga = None
    pipeline.timing = True
    for region, count in ((UNCOUNTED_ONE, 1), (UNCOUNTED_MORE, 1 + calls)):
        _start_over(board, pipeline)
        regions.call(region, call, count)
        call(calls - 1)
    pipeline.saga = saga
    pipeline.timing = True
    for region, count in ((RUNE_ONE, 1), (RUNE_MORE, 1 + calls)):
        _start_over(board, pipeline)
        regions.call(region, call, count)
        call(calls - 1)
    for region, times in ((UNTIMED, None), (CALLED, native.Times())):
        if times:
            loaded.native.times = times
        _start_over(board, pipeline)
        call(1)
        for _ in range(calls):
            regions.call(region, call, 1)
    loaded.close()


def _unmetered(calls: int) -> None:
    """Make the same calls without fuel, deadline and rates."""
    from runicos import container

    container.rate_of = _no_rate
    board = Board(regions.read(mps.argument("data")))
    loaded = _load(board)
    for runtime in loaded.runtimes:
        runtime.fuel = runtime.deadline_ms = None
    loaded.native.call(1)
    gc.collect()
    for region, count in ((UNMETERED_ONE, 1), (UNMETERED_MORE, 1 + calls)):
        _start_over(board, loaded.pipeline)
        regions.call(region, loaded.native.call, count)
        loaded.native.call(calls - 1)


def _no_rate(board: object, name: str, stated: "int | None", unit: int) -> None:
    """Stand for container.rate_of: no rate at all."""
