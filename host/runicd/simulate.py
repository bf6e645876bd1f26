"""Starts a simulated board with its sensors' files, by whichever way they reach it."""

from __future__ import annotations

import os
from collections.abc import Callable

from runicd import targets
from runicd.client import Client
from runicd.errors import UsageError
from runicd.feed import feed_sources
from runicd.sim import boards as sim
from runicd.sim import firmware
from runicd.sim.record import SimulatedBoard

_DEFAULT_BOARD = "unix"
_PROMPT_S = 30.0


def chosen_board(given: str = "") -> str:
    """Return which board is meant: the one given, or that of RUNIC_BOARD, or unix."""
    return given or os.environ.get("RUNIC_BOARD") or _DEFAULT_BOARD


def start_plain(board: str, options: sim.Options) -> SimulatedBoard:
    """Start a board of plain MicroPython, without RunicOS; its prompt answers, or it is gone.

    Raises SimulatorError, UsageError, LinkError.
    """
    from runicd.install.repl import wait_prompt  # noqa: PLC0415 - mpremote is slow to load

    if options.sources.any_files or options.once:
        raise UsageError(
            "a plain board reads no sensors' files", remedy="install RunicOS on it, then feed it"
        )
    if options.limits:
        raise UsageError("a plain board keeps to no limits", remedy="leave --limit out")
    started = sim.start(firmware.find(chosen_board(board), plain=True), options)
    try:
        wait_prompt(started.pty, _PROMPT_S)
    except BaseException:
        sim.stop(started)
        raise
    return started


def start(
    board: str, options: sim.Options, progress: Callable[[int, int], None] = lambda *_: None
) -> SimulatedBoard:
    """Start a simulated board ("": the usual one); it is there, fed, or not at all.

    A board that QEMU emulates gets its files over its link, and `progress` is told how many bytes
    of all it has. Raises SimulatorError, UsageError, InputError, BoardError where they do not fit.
    """
    found = firmware.find(chosen_board(board))
    started = sim.start(found, options)
    if not found.machine or not options.sources.any_files:
        return started
    try:
        with Client(targets.of_simulated(started).connect) as client:
            feed_sources(client, options.sources, options.once, progress)
    except BaseException:
        sim.stop(started)
        raise
    return started
