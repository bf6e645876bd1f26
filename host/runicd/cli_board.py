"""A simulated board that lasts as long as a command, and what to do where a sensor is lacking."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from runicd import simulate, targets
from runicd.client import Client
from runicd.errors import RefusedError
from runicd.sim import boards as sim
from runicd.sim.sensors import Sources

_SENSOR_OPTIONS = {
    "SOUND": "--sound",
    "IMAGE": "--image",
    "FLOAT_IMAGE": "--image",
    "ACCEL": "--accelerometer",
    "RAW": "--raw",
}


@contextmanager
def sensor_advice(remedy: str, *, board: str = "") -> Iterator[None]:
    """Add to a refusal for want of sensors a `remedy` whose {} are the options that give them.

    `board` is what to call the board instead of its id, which for one that is gone says nothing.
    """
    try:
        yield
    except RefusedError as refused:
        options = [_SENSOR_OPTIONS[kind] for kind in refused.lacking if kind in _SENSOR_OPTIONS]
        if options:
            files = " ".join(f"{option} FILE" for option in dict.fromkeys(options))
            refused.remedy = remedy.format(files)
        if board:
            refused.what = f"{refused.what.partition(' cannot run on ')[0]} cannot run on {board}"
        raise


@contextmanager
def board_for_now(
    given: Sources, heap_bytes: int, *, once: bool = False, board: str = ""
) -> Iterator[Client]:
    """Start a simulated board and talk to it; it is gone afterwards, whatever happens."""
    options = sim.Options(given, once=once, heap_bytes=heap_bytes, ephemeral=True)
    started = simulate.start(board, options)
    try:
        with Client(targets.of_simulated(started).connect) as client:
            yield client
    finally:
        sim.stop(started)
