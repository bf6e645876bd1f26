"""Casting over a paced serial line, beside mpremote's file copy over the same: bytes a second."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import tty
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.board import large_rune
from bench.counter import CounterError
from bench.figure import Figure
from bench.section import Section
from runicd import Simulator
from runicd.errors import SimulatorError
from runicd.sim import firmware, line
from runicd.sim.firmware import QEMU
from runicd.sim.processes import spawn

ROOT = Path(__file__).parents[1]
BOARD = "mps2_an500"
PLAIN = ROOT / "build" / f"{BOARD}-plain" / "firmware.elf"
BAUD = 115_200
# mpremote is slower by so much that less must do.
COPIED_BYTES = 100_000
# 10.2 of the 11.52 KB that the line carries in a second.
LEAST_BYTES_PER_S = 10_200
_MPREMOTE_DEADLINE_S = 300
_PLAIN_WAY = "mpremote fs cp, to plain MicroPython"


@dataclass(frozen=True, slots=True)
class Sent:
    """So many bytes went to a board, by some way."""

    way: str
    size_bytes: int
    took_s: float

    @property
    def bytes_per_s(self) -> float:
        """Return how many of the file's own bytes went over in a second."""
        return self.size_bytes / self.took_s


def measure(baud: int = BAUD, copied_bytes: int = COPIED_BYTES) -> list[Sent]:
    """Send a Rune by runicd, and as much of it by mpremote; CounterError where nothing can run."""
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            rune = large_rune(folder, seed=1)
            part = folder / "part.bin"
            part.write_bytes(rune.data[:copied_bytes])
            board = stack.enter_context(Simulator(board=BOARD, raw=__file__, baud=baud))
            begun_s = time.perf_counter()
            board.cast(rune, period_ms=0)
            cast_s = time.perf_counter() - begun_s
            with board.free_port() as port:
                copied = copy(port, part, "mpremote fs cp, to the same board")
            plain = copy(stack.enter_context(plain_board(folder, baud)), part, _PLAIN_WAY)
            return [Sent("runicd cast", len(rune.data), cast_s), copied, plain]
    except SimulatorError as error:
        raise CounterError(str(error)) from error


def copy(port: str, file: Path, way: str) -> Sent:
    """Copy a file onto a board by mpremote. Raises CounterError."""
    begun_s = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-m", "mpremote", "connect", port, "fs", "cp", str(file), ":part.bin"],
        capture_output=True,
        text=True,
        timeout=_MPREMOTE_DEADLINE_S,
        check=False,
    )
    if ended.returncode != 0:
        raise CounterError(f"mpremote: {(ended.stderr or ended.stdout).strip()}")
    return Sent(way, file.stat().st_size, time.perf_counter() - begun_s)


@contextmanager
def plain_board(folder: Path, baud: int) -> Iterator[str]:
    """Run a board of plain MicroPython on a line of that speed; yield its port."""
    if not PLAIN.is_file():
        raise CounterError(f"no firmware {PLAIN}: run `make firmware BOARD={BOARD} PLAIN=1`")
    master, slave = os.openpty()
    tty.setraw(slave)
    relay = line.start(folder, slave, baud)
    given = "enable=on,target=native,arg=runicos,arg=flash=flash.bin,arg=name=plain"
    command = [QEMU, "-M", firmware.find(BOARD).machine, "-display", "none", "-monitor", "none"]
    command += ["-chardev", "stdio,id=line,signal=off", "-serial", "chardev:line"]
    command += ["-semihosting-config", given, "-kernel", str(PLAIN)]
    with (folder / "log.txt").open("ab") as log:
        board = spawn(command, stdin=master, stdout=master, stderr=log, cwd=folder)
    try:
        line.wait_ready(folder, relay)
        yield str(line.port(folder))
    finally:
        board.end(signal.SIGKILL)
        relay.end(signal.SIGTERM)
        os.close(master)
        os.close(slave)


def section(sent: list[Sent], baud: int = BAUD) -> Section:
    """Return the table: how fast each way is, and what of the line it uses."""
    rows = [
        (s.way, s.size_bytes, s.took_s, s.bytes_per_s, 1000 * s.bytes_per_s / baud) for s in sent
    ]
    cast = sent[0]
    limit_s = cast.size_bytes / LEAST_BYTES_PER_S
    return Section(
        f"Over a serial line of {baud} baud",
        ("", "bytes", "seconds", "bytes/s", "% of the line"),
        rows,
        [Figure("cast over 115200 baud until it runs", cast.took_s, "s", limit=limit_s)],
    )
