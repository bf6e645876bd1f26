"""A serial line of a given speed between the user's pty and a simulated board, as a process.

Each byte takes ten bits' time, in both directions, however fast the two ends are. What the host
does not take is lost, as on a UART; what the board does not take waits. The user's port is `tty`
in the board's folder, a link to the pty of the moment: the line can be unplugged and plugged in
again. Tests have it do that, and worse, by lines written into its `line.control`.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
import tty
from pathlib import Path
from types import FrameType

from runicd.errors import SimulatorError
from runicd.sim.faults import Faults
from runicd.sim.pace import Pace
from runicd.sim.processes import Process, spawn

TO_BOARD = "to_board"
TO_HOST = "to_host"
_READY_DEADLINE_S = 10.0
_POLL_S = 0.01


def port(folder: Path) -> Path:
    """Return the path of the serial port of the board in this folder."""
    return folder / "tty"


def start(folder: Path, board_end: int, baud: int) -> Process:
    """Start the line of a board, whose end of it is the descriptor `board_end`."""
    port(folder).unlink(missing_ok=True)
    control = folder / "line.control"
    control.unlink(missing_ok=True)
    os.mkfifo(control)
    with (folder / "line.log").open("ab") as log:
        return spawn(
            [sys.executable, "-m", "runicd.sim.line", str(board_end), str(baud)],
            stdin=log,
            stdout=log,
            stderr=log,
            cwd=folder,
            pass_fds=(board_end,),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )


def wait_ready(folder: Path, process: Process) -> None:
    """Wait until the line's port is there. Raises SimulatorError."""
    deadline = time.monotonic() + _READY_DEADLINE_S
    while not port(folder).exists():
        if not process.runs or time.monotonic() > deadline:
            said = (folder / "line.log").read_text(errors="replace").strip().splitlines()
            raise SimulatorError(
                f"the serial line does not start: {said[-1] if said else 'it said nothing'}"
            )
        time.sleep(_POLL_S)


def command(folder: Path, text: str, timeout_s: float = 5.0) -> None:
    """Have the line of a board do something, and wait until it did. Raises SimulatorError.

    `unplug`, `plug`, and faults in a direction (`to_board`, `to_host`) when N more bytes have
    passed: `insert DIRECTION N HEX`, `drop DIRECTION N COUNT`, `flip DIRECTION N MASK`.
    """
    before, _ = _obeyed(folder)
    with (folder / "line.control").open("wb", buffering=0) as control:
        control.write(text.encode() + b"\n")
    deadline = time.monotonic() + timeout_s
    while (answer := _obeyed(folder))[0] == before:
        if time.monotonic() > deadline:
            raise SimulatorError(f"the serial line did not obey: {text}")
        time.sleep(_POLL_S)
    if answer[1]:
        raise SimulatorError(f"the serial line: {answer[1]}")


def _obeyed(folder: Path) -> tuple[str, str]:
    """Return how many commands the line has obeyed, and what was wrong with the last."""
    path = folder / "line.done"
    count, _, fault = (path.read_text() if path.exists() else "0 ").partition(" ")
    return count, fault


class Line:
    """The line's process: two paced directions, the control, and the user's pty."""

    def __init__(self, board_end: int, baud: int) -> None:
        self._board = board_end
        self._master = self._slave = -1
        self._control = os.open("line.control", os.O_RDWR | os.O_NONBLOCK)
        self._commands = b""
        self._obeyed = 0
        self._paces = {TO_BOARD: Pace(baud), TO_HOST: Pace(baud)}
        self._faults = {TO_BOARD: Faults(), TO_HOST: Faults()}
        # What has arrived at the board and waits until it is taken.
        self._waiting = b""
        os.set_blocking(board_end, False)

    def run(self) -> None:
        """Move bytes until the board is gone."""
        self.plug()
        try:
            while self._step():
                pass
        finally:
            self.unplug()

    def plug(self) -> None:
        """Give the line a port."""
        if self._master >= 0:
            return
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        part = Path("tty.part")
        part.unlink(missing_ok=True)
        part.symlink_to(os.ttyname(self._slave))
        part.replace("tty")

    def unplug(self) -> None:
        """Take the port away: whoever has it open is hung up; what is on the way is lost."""
        Path("tty").unlink(missing_ok=True)
        for descriptor in (self._master, self._slave):
            if descriptor >= 0:
                os.close(descriptor)
        self._master = self._slave = -1
        for pace in self._paces.values():
            pace.drop()

    def _step(self) -> bool:
        """Wait until something can be done, and do it; False when the board is gone."""
        now_s = time.monotonic()
        timeouts = [left for p in self._paces.values() if (left := p.left_s(now_s)) is not None]
        writable = [self._board] if self._waiting else []
        readable, _, _ = select.select(
            [self._control, *self._sources()], writable, [], min(timeouts, default=None)
        )
        if self._control in readable:
            self._obey()
        if self._waiting:
            self._write_board(b"")
        try:
            if self._master >= 0 and not self._waiting:
                self._move(TO_BOARD, self._master)
            self._move(TO_HOST, self._board)
        except OSError:
            return False
        return True

    def _sources(self) -> list[int]:
        """Return the ends from which the line could take bytes now."""
        takes_host = self._master >= 0 and self._paces[TO_BOARD].empty and not self._waiting
        sources = [self._master] if takes_host else []
        return [*sources, self._board] if self._paces[TO_HOST].empty else sources

    def _move(self, direction: str, source: int) -> None:
        """Hand over what has arrived, and put the next piece onto the line."""
        pace, now_s = self._paces[direction], time.monotonic()
        piece = pace.arrived(now_s)
        if piece:
            self._deliver(direction, piece)
        if pace.empty:
            pace.put(_read(source, pace.piece_bytes), now_s)

    def _deliver(self, direction: str, piece: bytes) -> None:
        data = self._faults[direction].apply(piece)
        if direction == TO_BOARD:
            self._write_board(data)
        elif data and self._master >= 0:
            with contextlib.suppress(BlockingIOError):  # nobody reads: lost, as on a UART
                os.write(self._master, data)

    def _write_board(self, data: bytes) -> None:
        self._waiting += data
        with contextlib.suppress(BlockingIOError):
            self._waiting = self._waiting[os.write(self._board, self._waiting) :]

    def _obey(self) -> None:
        """Do what the whole lines of the control say, and tell that it is done."""
        *lines, self._commands = (self._commands + _read(self._control, 4096)).split(b"\n")
        for line in lines:
            fault = ""
            try:
                self._do(line.decode().split())
            except ValueError as error:
                fault = str(error)
            self._obeyed += 1
            part = Path("line.done.part")
            part.write_text(f"{self._obeyed} {fault}")
            part.replace("line.done")

    def _do(self, words: list[str]) -> None:
        if words == ["plug"]:
            self.plug()
        elif words == ["unplug"]:
            self.unplug()
        elif len(words) == 4 and words[1] in self._faults:
            self._faults[words[1]].plan(words[0], int(words[2]), words[3])
            self._deliver(words[1], b"")
        else:
            raise ValueError(f"there is no command {' '.join(words)!r}")


def _read(source: int, most_bytes: int) -> bytes:
    """Return what has come, b"" for nothing. Raises OSError when the other end is gone."""
    try:
        data = os.read(source, most_bytes)
    except BlockingIOError:
        return b""
    if not data:
        raise OSError("the other end is gone")
    return data


def main(arguments: list[str]) -> None:
    """Be the line whose board's end and speed the arguments say, until told to end."""

    def end(number: int, frame: FrameType | None) -> None:
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    Line(int(arguments[0]), int(arguments[1])).run()


if __name__ == "__main__":
    main(sys.argv[1:])
