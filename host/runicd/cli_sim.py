"""`runicd sim`: simulated boards."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from runicd import simulate
from runicd.cli_show import Show
from runicd.errors import UsageError
from runicd.sim import boards as sim
from runicd.sim.record import SimulatedBoard
from runicd.sim.sensors import KINDS, Sources

_COLUMNS = {
    "id": "Target",
    "board": "Board",
    "name": "Name",
    "state": "State",
    "pid": "Process",
    "tcp": "TCP",
    "pty": "Serial port",
}
_NONE = "No simulated boards; start one with `runicd sim up`."


def sources(arguments: Namespace) -> Sources:
    """Return the sensor files of a command line."""
    files = {option: tuple(map(Path, getattr(arguments, option))) for option in KINDS}
    return Sources(**files, random=getattr(arguments, "random", None))


def up(arguments: Namespace, show: Show) -> int:
    """Start boards; when one does not start, those before it stay."""
    if arguments.name and arguments.number > 1:
        raise UsageError("--name names one board", remedy="leave -n or --name out")
    sim.clear_orphans()
    options = sim.Options(
        sources(arguments),
        once=arguments.once,
        heap_bytes=arguments.heap,
        name=arguments.name,
        baud=arguments.baud,
        limits=dict(arguments.limit),
    )
    started = []
    for _ in range(arguments.number):
        bar = show.bar("Feeding")
        try:
            if arguments.plain:
                board = simulate.start_plain(arguments.board, options)
            else:
                board = simulate.start(arguments.board, options, bar.update)
        finally:
            bar.close()
        started.append(board)
        if not show.json:
            show.note(_up(board))
    if show.json:
        show.value([_row(board) for board in started])
    return 0


def ls(arguments: Namespace, show: Show) -> int:
    """List the boards that live, and those that ended by themselves."""
    sim.clear_orphans()
    rows = [_row(board) for board in sim.listed()]
    show.listing(rows, _COLUMNS, _NONE)
    return 0


def down(arguments: Namespace, show: Show) -> int:
    """Stop boards."""
    for board in _chosen(arguments.boards, show):
        sim.stop(board)
        show.note(f"{board.label} is down")
    return 0


def restart(arguments: Namespace, show: Show) -> int:
    """Switch boards off and on."""
    for board in _chosen(arguments.boards, show):
        again = sim.restart(board)
        show.note(_up(again))
    return 0


def _chosen(names: list[str], show: Show) -> list[SimulatedBoard]:
    """Return the boards named, dead ones too, or all but those of a `run`.

    Raises TargetError before any is touched.
    """
    found = [sim.find(name, dead_too=True) for name in names or sim.ids()]
    chosen = [board for board in found if names or not board.owner]
    if not chosen:
        show.note(_NONE)
    return chosen


def _up(board: SimulatedBoard) -> str:
    tcp = f", TCP 127.0.0.1:{board.tcp_port}" if board.tcp_port else ""
    bare = " (firmware without RunicOS)" if board.plain else ""
    return f"{board.label} is up{bare}: serial port {board.pty}{tcp}"


def _row(board: SimulatedBoard) -> dict[str, Any]:
    fields = asdict(board)
    tcp = f"127.0.0.1:{board.tcp_port}" if board.tcp_port else None
    kept = ("id", "board", "name", "pid", "pty", "baud", "heap_bytes", "arguments")
    log = str(board.folder / "log.txt")
    state = {"state": "running" if board.alive else "ended"}
    return {key: fields[key] for key in kept} | state | {"tcp": tcp, "log": log}
