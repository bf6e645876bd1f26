"""A simulated board that lasts as long as a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from runicd import targets
from runicd.client import Client
from runicd.sim import boards as sim
from runicd.sim import firmware
from runicd.sim.sensors import Sources


@contextmanager
def board_for_now(given: Sources, heap_bytes: int, *, once: bool = False) -> Iterator[Client]:
    """Start a simulated board and talk to it; it is gone afterwards, whatever happens."""
    options = sim.Options(given, once=once, heap_bytes=heap_bytes, ephemeral=True)
    board = sim.start(firmware.find(), options)
    try:
        with Client(targets.of_simulated(board).connect) as client:
            yield client
    finally:
        sim.stop(board)
