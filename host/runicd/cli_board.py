"""A simulated board that lasts as long as a command, and what to do where a sensor is lacking."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager

from runicd import simulate, targets
from runicd.client import Client
from runicd.errors import BoardError, RefusedError
from runicd.sim import boards as sim
from runicd.sim.sensors import Sources
from runicos.contract.errors import NOT_SIGNED

_SENSOR_OPTIONS = {
    "SOUND": "--sound",
    "IMAGE": "--image",
    "FLOAT_IMAGE": "--image",
    "ACCEL": "--accelerometer",
    "RAW": "--raw",
}


_FEED = "`runicd feed {0}` gives it that, `runicd sim up {0}` starts a board that has it"


@contextmanager
def sensor_advice(target: targets.Target | None) -> Iterator[None]:
    """Say in a refusal for want of sensors how a simulated board gets them.

    None is the board of one command, which takes the files itself; to call it by its id would say
    nothing, since it is gone.
    """
    try:
        yield
    except RefusedError as refused:
        options = [_SENSOR_OPTIONS[kind] for kind in refused.lacking if kind in _SENSOR_OPTIONS]
        if options and (target is None or targets.is_simulated(target)):
            files = " ".join(f"{option} FILE" for option in dict.fromkeys(options))
            refused.remedy = _FEED.format(files) if target else f"give {files}"
        if target is None:
            name = refused.what.partition(" cannot run on ")[0]
            refused.what = f"{name} cannot run on the simulated board"
        raise


@contextmanager
def signing_advice(file: str) -> Iterator[None]:
    """Say in a refusal for want of a signature which command signs the file that was cast."""
    try:
        yield
    except BoardError as error:
        if error.code == NOT_SIGNED:
            error.remedy = f"`runicd sign {shlex.quote(file)}` signs it"
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
