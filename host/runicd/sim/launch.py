"""Starts the process of a simulated board, and its line's, and waits until the board serves.

stdin and stdout of a board are the master side of a pty. What it says on its standard error is its
log; there it also says when it is ready.
"""

from __future__ import annotations

import os
import re
import signal
import termios
import time
import tty
from dataclasses import replace

from runicd import sim
from runicd.errors import SimulatorError
from runicd.keys.board import provision
from runicd.sim import line, record
from runicd.sim.firmware import QEMU
from runicd.sim.processes import Process, spawn
from runicd.sim.record import SimulatedBoard

_READY = re.compile(rb"^runicos: ready(?: tcp=(\d+))?\s*$", re.MULTILINE)
_READY_DEADLINE_S = 30.0
_POLL_S = 0.01
# What ends a start on a heap that is too small; an emulated board goes on to its REPL.
_SHORT = re.compile(rb"^MemoryError", re.MULTILINE)


def launch(board: SimulatedBoard) -> SimulatedBoard:
    """Start the processes of a board whose folder exists, and return it ready."""
    log = board.folder / "log.txt"
    offset = log.stat().st_size if log.exists() else 0
    master, slave = os.openpty()
    try:
        _make_transparent(slave)
        running = _start(board, master, slave)
    except OSError as error:
        program = QEMU if board.machine else board.firmware
        raise SimulatorError(f"does not start ({error.strerror})", where=program) from error
    finally:
        os.close(master)
        os.close(slave)
    record.write(running)
    try:
        # Plain MicroPython says nothing in the log; its prompt is for the caller to look for.
        tcp_port = 0 if running.plain else _wait_ready(running, offset)
        if running.line_pid:
            line.wait_ready(running.folder, running.line)
        ready = replace(running, tcp_port=tcp_port, ready=True)
        record.write(ready)
    except BaseException:
        end(running, signal.SIGKILL)
        raise
    finally:
        # A board that did not start is a dead one, and listed as such.
        (board.folder / "starting").unlink(missing_ok=True)
    return ready


def _make_transparent(terminal: int) -> None:
    """Have a terminal change no byte, even where QEMU switches its output processing on."""
    tty.setraw(terminal)
    attributes = termios.tcgetattr(terminal)
    attributes[1] = 0  # c_oflag: with none of its other flags, OPOST changes nothing
    termios.tcsetattr(terminal, termios.TCSANOW, attributes)


def end(board: SimulatedBoard, first_signal: int) -> None:
    """End the board's processes: ask, then kill; do nothing when they have ended."""
    board.process.end(first_signal)
    board.line.end(signal.SIGTERM)


def _start(board: SimulatedBoard, master: int, slave: int) -> SimulatedBoard:
    """Start the board, and the line before it, so that no byte goes past it."""
    relay = line.start(board.folder, slave, board.baud) if board.baud else Process()
    try:
        process = _start_board(board, master, slave)
    except OSError:
        relay.end(signal.SIGTERM)
        raise
    return replace(
        board,
        pid=process.pid,
        started=process.started,
        line_pid=relay.pid,
        line_started=relay.started,
        pty=str(line.port(board.folder)) if board.baud else os.ttyname(slave),
        ready=False,
    )


def _start_board(board: SimulatedBoard, master: int, slave: int) -> Process:
    with (board.folder / "log.txt").open("ab") as log:
        return spawn(
            qemu_command(board) if board.machine else _native_command(board),
            stdin=master,
            stdout=master,
            stderr=log,
            cwd=board.folder,
            # The board keeps a slave open, else its reads fail while nobody has the port.
            pass_fds=(slave,),
            env={**os.environ, "MICROPYPATH": ".frozen"},
        )


def _native_command(board: SimulatedBoard) -> list[str]:
    flash = board.folder / "flash"
    flash.mkdir(exist_ok=True)
    provision(flash / "runes")
    heap = ["-X", f"heapsize={board.heap_bytes}"]
    options = ["--flash", str(flash), "--name", board.name, "--tcp", str(board.tcp_port)]
    return [board.firmware, *heap, "-m", "sim", *options, *board.arguments]


def qemu_command(board: SimulatedBoard) -> list[str]:
    """Return the command that emulates a board; its arguments are semihosting's, `key=value`."""
    given = ["runicos", "flash=flash.bin", f"name={board.name}"]
    # QEMU's options are separated by commas; one that is meant is doubled.
    words = [f"arg={word.replace(',', ',,')}" for word in (*given, *board.arguments)]
    return [
        QEMU,
        *("-M", board.machine),
        *("-display", "none", "-monitor", "none"),
        # What is multiplexed waits in a buffer, so that a byte need not wait for the one before it
        # to be taken: thrice as fast. No byte is 256, so none is taken for the multiplexer's own.
        *("-chardev", "stdio,id=line,signal=off,mux=on", "-echr", "256"),
        *("-serial", "chardev:line"),
        *("-semihosting-config", ",".join(["enable=on", "target=native", *words])),
        *("-kernel", board.firmware),
    ]


def _wait_ready(board: SimulatedBoard, offset: int) -> int:
    """Return the TCP port that the board says in its log, 0 for a board without."""
    log = board.folder / "log.txt"
    deadline = time.monotonic() + _READY_DEADLINE_S
    while time.monotonic() < deadline:
        code = board.process.exit_code()
        said = log.read_bytes()[offset:]
        match = _READY.search(said)
        if match:
            return int(match[1] or 0)
        if code is not None or _SHORT.search(said):
            raise _ended_early(board, code, said.decode(errors="replace").strip())
        time.sleep(_POLL_S)
    raise SimulatorError(
        f"the simulated board was not ready within {_READY_DEADLINE_S:g} s",
        remedy=f"see that {board.firmware} is RunicOS's firmware",
    )


def _ended_early(board: SimulatedBoard, code: int | None, said: str) -> SimulatorError:
    """Explain a board that ended before it was ready by the last line that it said."""
    last = said.splitlines()[-1] if said else ""
    if last.startswith("MemoryError"):
        return SimulatorError(
            f"RunicOS does not fit a heap of {board.heap_bytes} bytes",
            remedy=f"give it {sim.LEAST_HEAP_BYTES // 1024}k or more",
        )
    return SimulatorError(
        f"the simulated board ended with code {code}: {last or 'it said nothing'}",
        remedy="" if last else f"see that {board.firmware} is RunicOS's firmware",
    )
