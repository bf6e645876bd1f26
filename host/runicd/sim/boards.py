"""Simulated boards: starts, lists, restarts and stops firmware processes.

A board is a process of its own that outlives the command. It holds the master side of a pty as
its serial line and listens on a TCP port of this machine. All that is known about it stands in
`sim/<id>/board.json` in the state folder, beside its flash and its log; the process table
decides whether it lives.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
import tty
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from runicd.errors import SimulatorError, TargetError, UsageError
from runicd.sim.firmware import Firmware
from runicd.sim.sensors import Sources
from runicd.sim.state import boards_folder, locked

_READY = re.compile(rb"^runicos: ready tcp=(\d+)", re.MULTILINE)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_READY_DEADLINE_S = 15.0
_STOP_DEADLINE_S = 2.0
_POLL_S = 0.01
_LEAST_HEAP = "96k"
_DEAD_STATES = "ZXx"


@dataclass(frozen=True, slots=True)
class SimulatedBoard:
    """One simulated board as its state file describes it.

    `started` tells its process from a later one of the same number. `owner` is the process that an
    ephemeral board belongs to, 0 for boards that stay until `sim down`.
    """

    id: str
    board: str
    name: str
    pid: int
    started: str
    pty: str
    tcp_port: int
    owner: int
    owner_started: str
    arguments: tuple[str, ...]
    heap_bytes: int
    firmware: str

    @property
    def folder(self) -> Path:
        """The board's folder: board.json, flash/, log.txt, sensor-files/."""
        return boards_folder() / self.id

    @property
    def alive(self) -> bool:
        """Tell whether the board's process runs."""
        return _runs(self.pid, self.started)

    @property
    def orphaned(self) -> bool:
        """Tell whether the command that the board was started for has ended."""
        return self.owner != 0 and not _runs(self.owner, self.owner_started)


@dataclass(frozen=True, slots=True)
class Options:
    """How to start a board: its sensors, whether their files end or start over, its heap."""

    sources: Sources = field(default_factory=Sources)
    once: bool = False
    heap_bytes: int = 0
    ephemeral: bool = False
    name: str = ""


def start(firmware: Firmware, options: Options) -> SimulatedBoard:
    """Start a board and wait until its service answers for it; SimulatorError when it does not."""
    check_name(options.name)
    folder = _new_folder(firmware.board)
    try:
        arguments = options.sources.arguments(folder / "sensor-files")
        if options.once:
            arguments.append("--once")
        owner = os.getpid() if options.ephemeral else 0
        board = SimulatedBoard(
            id=folder.name,
            board=firmware.board,
            name=options.name or folder.name,
            pid=0,
            started="",
            pty="",
            tcp_port=0,
            owner=owner,
            owner_started=_process_start(owner),
            arguments=tuple(arguments),
            heap_bytes=options.heap_bytes or firmware.heap_bytes,
            firmware=str(firmware.path),
        )
        return _launch(board)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def check_name(name: str) -> None:
    """Raise UsageError for a name that no `-t` could find, or that another board has."""
    if not name:
        return
    if not _NAME.fullmatch(name):
        remedy = "use letters, digits, '_', '.', '-'"
        raise UsageError(f"{name!r} is no name for a board", remedy=remedy)
    taken = [board.id for board in listed() if name in (board.id, board.name)]
    if taken:
        raise UsageError(f"{taken[0]} is called {name!r} already", remedy="choose another name")


def restart(board: SimulatedBoard) -> SimulatedBoard:
    """Cut a board's power and switch it on again: the same flash and port, a new process and pty.

    Only where somebody else has taken the port meanwhile does the board get another.
    """
    with locked():
        _claim(board.folder)
    _end(board, signal.SIGKILL)
    try:
        return _launch(board)
    except SimulatorError:
        if not board.tcp_port:
            raise
        return _launch(replace(board, tcp_port=0))


def stop(board: SimulatedBoard) -> None:
    """End a board's process for certain and remove its folder."""
    _end(board, signal.SIGTERM)
    shutil.rmtree(board.folder, ignore_errors=True)


def listed() -> list[SimulatedBoard]:
    """Return all boards, living and dead, those of running commands included."""
    with locked():
        return [board for _, board in _found() if board]


def boards() -> list[SimulatedBoard]:
    """Return the boards that live, those of running commands included."""
    return [board for board in listed() if _lives(board)]


def ended() -> list[SimulatedBoard]:
    """Return the boards that ended by themselves and are there with their flash and log."""
    return [board for board in listed() if not board.owner and not _lives(board)]


def clear_orphans() -> list[str]:
    """Remove boards whose command is gone, and folders that say nothing; return their ids.

    Boards that ended by themselves stay, until `stop` or `restart`.
    """
    removed: list[str] = []
    with locked():
        for folder, board in _found():
            if board and not board.orphaned:
                continue
            if board:
                stop(board)
            shutil.rmtree(folder, ignore_errors=True)
            removed.append(folder.name)
    return removed


def ids() -> list[str]:
    """Return the ids of all boards, living and dead."""
    return [board.id for board in listed()]


def names() -> list[str]:
    """Return what `find` knows boards by: ids, and the names of those that stay."""
    found = listed()
    return [board.id for board in found] + [board.name for board in found if not board.owner]


def find(text: str, *, dead_too: bool = False) -> SimulatedBoard:
    """Return the board of that id or name. Raises TargetError when there is none, or it ended."""
    found = listed()
    named = [board for board in found if board.id == text]
    named = named or [board for board in found if board.name == text and not board.owner]
    if not named:
        raise TargetError("no such simulated board", where=text, remedy="see `runicd sim ls`")
    board = named[0]
    if not dead_too and not _lives(board):
        raise TargetError(
            "the simulated board has ended",
            where=board.id,
            remedy=f"`runicd sim restart {board.id}` starts it again with its flash",
        )
    return board


def _found() -> list[tuple[Path, SimulatedBoard | None]]:
    """Return the folders of boards, with what their state files say, but those being started."""
    folders = [folder for folder in boards_folder().iterdir() if folder.is_dir()]
    settled = [folder for folder in folders if not _being_started(folder)]
    return [(folder, _read(folder)) for folder in sorted(settled, key=_natural_order)]


def _lives(board: SimulatedBoard) -> bool:
    """Tell whether a board runs, is ready, and belongs to somebody."""
    return board.alive and board.tcp_port > 0 and not board.orphaned


def _natural_order(folder: Path) -> tuple[str, int]:
    stem, _, number = folder.name.rpartition("-")
    return (stem, int(number)) if number.isdigit() else (folder.name, 0)


def _new_folder(board: str) -> Path:
    """Make the folder of the lowest free id and claim it for this process."""
    with locked():
        for number in range(1, 10000):
            folder = boards_folder() / f"{board}-{number}"
            with contextlib.suppress(FileExistsError):
                folder.mkdir()
                _claim(folder)
                return folder
    raise SimulatorError("too many simulated boards", remedy="run `runicd sim down`")


def _claim(folder: Path) -> None:
    """Say that this process is starting the board, so that nobody takes it for a dead one."""
    (folder / "starting").write_text(f"{os.getpid()} {_process_start(os.getpid())}")


def _being_started(folder: Path) -> bool:
    try:
        pid, _, started = (folder / "starting").read_text().partition(" ")
        return _runs(int(pid), started)
    except (OSError, ValueError):
        return False


def _launch(board: SimulatedBoard) -> SimulatedBoard:
    """Start the process of a board whose folder exists."""
    (board.folder / "flash").mkdir(exist_ok=True)
    log = board.folder / "log.txt"
    offset = log.stat().st_size if log.exists() else 0
    master, slave = os.openpty()
    try:
        tty.setraw(slave)
        pty = os.ttyname(slave)
        with log.open("ab") as log_file:
            process = subprocess.Popen(
                _command(board),
                stdin=master,
                stdout=master,
                stderr=log_file,
                cwd=board.folder,
                # The board keeps a slave open, else its reads fail while nobody has the port.
                pass_fds=(slave,),
                start_new_session=True,
                env={**os.environ, "MICROPYPATH": ".frozen"},
            )
    except OSError as error:
        raise SimulatorError(f"does not start ({error.strerror})", where=board.firmware) from error
    finally:
        os.close(master)
        os.close(slave)
    _children[process.pid] = process
    started = _process_start(process.pid)
    running = replace(board, pid=process.pid, started=started, pty=pty, tcp_port=0)
    _write(running)
    try:
        ready = replace(running, tcp_port=_wait_ready(process, board, offset))
    except BaseException:
        _end(running, signal.SIGKILL)
        raise
    _write(ready)
    (board.folder / "starting").unlink(missing_ok=True)
    return ready


_children: dict[int, subprocess.Popen[bytes]] = {}
"""Boards started by this very process, which must reap them."""


def _command(board: SimulatedBoard) -> list[str]:
    return [
        board.firmware,
        "-X",
        f"heapsize={board.heap_bytes}",
        "-m",
        "sim",
        "--flash",
        str(board.folder / "flash"),
        "--name",
        board.name,
        "--tcp",
        str(board.tcp_port),
        *board.arguments,
    ]


def _wait_ready(process: subprocess.Popen[bytes], board: SimulatedBoard, offset: int) -> int:
    """Return the TCP port that the board says in its log."""
    log = board.folder / "log.txt"
    end = time.monotonic() + _READY_DEADLINE_S
    while time.monotonic() < end:
        code = process.poll()
        said = log.read_bytes()[offset:]
        match = _READY.search(said)
        if match:
            return int(match[1])
        if code is not None:
            raise _ended_early(board, code, said.decode(errors="replace").strip())
        time.sleep(_POLL_S)
    raise SimulatorError(f"the simulated board was not ready within {_READY_DEADLINE_S:g} s")


def _ended_early(board: SimulatedBoard, code: int, said: str) -> SimulatorError:
    """Explain a board that ended before it was ready by the last line that it said."""
    last = said.splitlines()[-1] if said else ""
    if last.startswith("MemoryError"):
        return SimulatorError(
            f"RunicOS does not fit a heap of {board.heap_bytes} bytes",
            remedy=f"give it {_LEAST_HEAP} or more",
        )
    return SimulatorError(
        f"the simulated board ended with code {code}: {last or 'it said nothing'}",
        remedy="" if last else f"see that {board.firmware} is RunicOS's firmware",
    )


def _end(board: SimulatedBoard, first_signal: int) -> None:
    """End the board's process: ask, then kill; do nothing when it has ended."""
    for number in (first_signal, signal.SIGKILL):
        if not board.alive:
            break
        with contextlib.suppress(ProcessLookupError):
            os.kill(board.pid, number)
        end = time.monotonic() + _STOP_DEADLINE_S
        while board.alive and time.monotonic() < end:
            time.sleep(_POLL_S)
    child = _children.pop(board.pid, None)
    if child is not None:
        child.wait()


def _write(board: SimulatedBoard) -> None:
    """Replace the state file in one step, so that nobody reads half of it."""
    part = board.folder / "board.json.part"
    part.write_text(json.dumps(asdict(board), indent=2))
    part.replace(board.folder / "board.json")


def _read(folder: Path) -> SimulatedBoard | None:
    """Return what the state file says; None for one that is missing or not ours."""
    try:
        fields = json.loads((folder / "board.json").read_text())
        fields["arguments"] = tuple(fields["arguments"])
        board = SimulatedBoard(**fields)
    except (OSError, ValueError, TypeError, KeyError):
        return None
    well_typed = isinstance(board.pid, int) and isinstance(board.tcp_port, int)
    return board if well_typed and board.id == folder.name else None


def _runs(pid: int, started: str) -> bool:
    """Tell whether the process that was given this number at that time still runs."""
    child = _children.get(pid)
    if child is not None and child.poll() is not None:
        return False
    return pid > 0 and started != "" and _process_start(pid) == started


def _process_start(pid: int) -> str:
    """Return when a process started, in the system's notation; "" when it does not run."""
    if Path("/proc/self/stat").exists():
        try:
            # The name in parentheses may hold anything; the fields after it are fixed.
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if fields[0] in _DEAD_STATES else fields[19]
    listed = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return "" if not listed or listed.startswith("Z") else listed.partition(" ")[2].strip()
