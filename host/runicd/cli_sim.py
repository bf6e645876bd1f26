"""`runicd sim`: simulated boards."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from runicd.cli_show import Show
from runicd.errors import TargetError
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
    alive, dead = sim.boards()
    report_dead(dead, show)
    rows = [_row(board) for board in alive]
    show.listing(rows, _COLUMNS, "No simulated boards; start one with `runicd sim up`.")
    return 0


def down(arguments: Namespace, show: Show) -> int:
    """Stop boards."""
    for board in _chosen(arguments.boards, show):
        sim.stop(board)
        show.note(f"{board.id} is down")
    return 0


def restart(arguments: Namespace, show: Show) -> int:
    """Switch boards off and on."""
    for board in _chosen(arguments.boards, show):
        again = sim.restart(board)
        show.note(f"{again.id} is up: serial port {again.pty}, TCP 127.0.0.1:{again.tcp_port}")
    return 0


def report_dead(dead: list[str], show: Show) -> None:
    """Say which boards had died."""
    for board in dead:
        show.warn(f"{board} had ended by itself and was cleared away")


def _chosen(names: list[str], show: Show) -> list[sim.SimulatedBoard]:
    """Return the boards named, or all but those of a `run`; TargetError before any is touched."""
    alive, dead = sim.boards()
    report_dead(dead, show)
    if not names:
        return [board for board in alive if not board.owner]
    known = {board.id: board for board in alive}
    for name in names:
        if name not in known:
            raise TargetError("no such simulated board", where=name, remedy="see `runicd sim ls`")
    return [known[name] for name in names]


def _row(board: sim.SimulatedBoard) -> dict[str, Any]:
    fields = asdict(board)
    tcp = f"127.0.0.1:{board.tcp_port}"
    kept = ("id", "board", "name", "pid", "pty", "heap_bytes", "arguments")
    log = str(board.folder / "log.txt")
    return {key: fields[key] for key in kept} | {"tcp": tcp, "log": log}
