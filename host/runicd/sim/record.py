"""What is known about one simulated board, and the state file that says it."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from runicd.sim.processes import Process
from runicd.sim.state import boards_folder

_LIKE_AN_ID = re.compile(r".*-\d+")
_NUMBERS = ("pid", "tcp_port", "heap_bytes", "baud", "line_pid")


@dataclass(frozen=True, slots=True)
class SimulatedBoard:
    """One simulated board as its state file describes it.

    `started` tells its process from a later one of the same number, and `line_started` that of the
    line, for a board whose serial line is paced to `baud`. `owner` is the process that an
    ephemeral board belongs to, 0 for boards that stay until `sim down`. `machine` is what QEMU
    emulates, "" for a board that is a program of this machine; only the latter have a TCP port.
    A `plain` board's firmware is MicroPython without RunicOS.
    """

    id: str
    board: str
    name: str
    owner: int
    owner_started: str
    arguments: tuple[str, ...]
    heap_bytes: int
    firmware: str
    machine: str = ""
    cpu: str = ""
    baud: int = 0
    pid: int = 0
    started: str = ""
    line_pid: int = 0
    line_started: str = ""
    pty: str = ""
    tcp_port: int = 0
    ready: bool = False
    plain: bool = False

    @property
    def label(self) -> str:
        """What messages call the board: its name, or its id where that looks like another's."""
        return self.id if _LIKE_AN_ID.fullmatch(self.name) else self.name

    @property
    def folder(self) -> Path:
        """The board's folder: board.json, its flash, log.txt, sensor-files/."""
        return boards_folder() / self.id

    @property
    def process(self) -> Process:
        """The board's process."""
        return Process(self.pid, self.started)

    @property
    def line(self) -> Process:
        """The process that paces the board's serial line."""
        return Process(self.line_pid, self.line_started)

    @property
    def alive(self) -> bool:
        """Tell whether the board's process runs, and its line's where it has one."""
        return self.process.runs and (not self.line_pid or self.line.runs)

    @property
    def orphaned(self) -> bool:
        """Tell whether the command that the board was started for has ended."""
        return self.owner != 0 and not Process(self.owner, self.owner_started).runs

    @property
    def serves(self) -> bool:
        """Tell whether the board runs, is ready, and belongs to somebody."""
        return self.ready and self.alive and not self.orphaned


def write(board: SimulatedBoard) -> None:
    """Replace the state file in one step, so that nobody reads half of it."""
    part = board.folder / "board.json.part"
    part.write_text(json.dumps(asdict(board), indent=2))
    part.replace(board.folder / "board.json")


def read(folder: Path) -> SimulatedBoard | None:
    """Return what the state file says; None for one that is missing or not ours."""
    try:
        fields = json.loads((folder / "board.json").read_text())
        fields["arguments"] = tuple(fields["arguments"])
        board = SimulatedBoard(**fields)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    well_typed = all(isinstance(getattr(board, name), int) for name in _NUMBERS)
    return board if well_typed and board.id == folder.name else None
