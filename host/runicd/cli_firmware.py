"""`runicd flash`: builds a board's firmware, and puts it to use."""

from __future__ import annotations

import os
import subprocess
from argparse import Namespace
from pathlib import Path

from runicd.board_files import repository
from runicd.cli_show import Show
from runicd.errors import InputError, UsageError
from runicd.sim import boards as sim
from runicd.sim import firmware
from runicd.sim.record import SimulatedBoard

_LINES_SHOWN = 12


def flash(arguments: Namespace, show: Show) -> int:
    """Build firmware; restart the simulated boards that run it, or say how a real one gets it."""
    board = arguments.board
    root = repository()
    if root is None:
        raise InputError(
            "runicd is installed without its repository, which firmware is built from",
            remedy="run `runicd flash` of a checkout of the repository",
        )
    fields = firmware.described(board)
    emulated = "emulator" in fields
    if not emulated and not os.environ.get("MPY_DIR"):
        raise UsageError(
            f"{board} is a real board: its firmware is MicroPython's own, built from a full "
            "checkout with the vendor's sources",
            remedy="set MPY_DIR to a checkout of MicroPython, with its submodules",
        )
    chosen = _chosen(board, arguments.target) if emulated else []
    _make(root, board, show)
    path = fields["board"]["firmware"]
    show.note(f"{path} is built")
    if not emulated:
        show.line(str(fields["board"].get("deploy", f"put {path} onto the board with its tool")))
        return 0
    for running in chosen:
        again = sim.restart(running)
        show.note(f"{again.label} is up with it: serial port {again.pty}")
    if not chosen:
        show.note(f"no simulated {board} runs; `runicd sim up --board {board}` starts one")
    return 0


def _chosen(board: str, target: str | None) -> list[SimulatedBoard]:
    """Return the simulated boards that get the firmware. Raises before anything is built."""
    if target is None:
        return [running for running in sim.boards() if running.board == board]
    named = sim.find(target, dead_too=True)
    if named.board != board:
        raise UsageError(
            f"{target} is a {named.board} and no {board}", remedy=f"give --board {named.board}"
        )
    return [named]


def _make(root: Path, board: str, show: Show) -> None:
    """Run `make firmware`, which takes MPY_DIR and the like from the environment."""
    loud = show.level > 0
    built = subprocess.run(
        ["make", "firmware", f"BOARD={board}"],
        cwd=root,
        stdout=None if loud else subprocess.PIPE,
        stderr=None if loud else subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
        check=False,
    )
    if built.returncode == 0:
        return
    for line in (built.stdout or "").splitlines()[-_LINES_SHOWN:]:
        show.warn(line)
    raise InputError(
        f"`make firmware BOARD={board}` failed",
        where=str(root),
        remedy="`runicd doctor` says what is missing",
    )
