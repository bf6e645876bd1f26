"""`runicd sim`: simulated boards."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from runicd.cli_show import Show
from runicd.sim import boards as sim
from runicd.sim import firmware
from runicd.sim.sensors import Sources

_COLUMNS = {
    "id": "Target",
    "board": "Board",
    "name": "Name",
    "pid": "Process",
    "tcp": "TCP",
    "pty": "Serial port",
}


def sources(arguments: Namespace) -> Sources:
    """Return the sensor files of a command line."""
    files = {
        kind: tuple(map(Path, getattr(arguments, kind)))
        for kind in ("sound", "image", "accelerometer", "raw")
    }
    return Sources(**files, random=arguments.random)


def up(arguments: Namespace, show: Show) -> int:
    """Start boards; when one does not start, those before it stay."""
    found = firmware.find(arguments.board)
    clear_dead(show)
    options = sim.Options(
        sources(arguments), once=arguments.once, heap_bytes=arguments.heap, name=arguments.name
    )
    started = []
    for _ in range(arguments.number):
        board = sim.start(found, options)
        started.append(board)
        if not show.json:
            show.note(f"{board.id} is up: serial port {board.pty}, TCP 127.0.0.1:{board.tcp_port}")
    if show.json:
        show.value([_row(board) for board in started])
    return 0


def ls(arguments: Namespace, show: Show) -> int:
    """List the boards that live."""
    clear_dead(show)
    rows = [_row(board) for board in sim.boards()]
    show.listing(rows, _COLUMNS, "No simulated boards; start one with `runicd sim up`.")
    return 0


def down(arguments: Namespace, show: Show) -> int:
    """Stop boards."""
    for board in _chosen(arguments.boards):
        sim.stop(board)
        show.note(f"{board.id} is down")
    return 0


def restart(arguments: Namespace, show: Show) -> int:
    """Switch boards off and on."""
    for board in _chosen(arguments.boards):
        again = sim.restart(board)
        show.note(f"{again.id} is up: serial port {again.pty}, TCP 127.0.0.1:{again.tcp_port}")
    return 0


def clear_dead(show: Show) -> None:
    """Clear away the boards that have died, and say so."""
    for board in sim.clear_dead():
        show.warn(f"{board} had ended by itself and was cleared away")


def _chosen(names: list[str]) -> list[sim.SimulatedBoard]:
    """Return the boards named, dead ones too, or all but those of a `run`.

    Raises TargetError before any is touched.
    """
    found = [sim.find(name, dead_too=True) for name in names or sim.ids()]
    return [board for board in found if names or not board.owner]


def _row(board: sim.SimulatedBoard) -> dict[str, Any]:
    fields = asdict(board)
    tcp = f"127.0.0.1:{board.tcp_port}"
    kept = ("id", "board", "name", "pid", "pty", "heap_bytes", "arguments")
    log = str(board.folder / "log.txt")
    return {key: fields[key] for key in kept} | {"tcp": tcp, "log": log}
