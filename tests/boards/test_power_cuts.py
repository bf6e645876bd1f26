"""Power is cut while an emulated board boots, and while a Rune is sent to it or committed."""

import contextlib
import hashlib
import os
import random
import signal
import threading
import time

import pytest

import runicd
from runicd import Simulator
from runicd.cast.cast import Quiet
from runicd.errors import LinkError, SimulatorError, TargetError
from runicd.sim import boards, record
from tests.boards.conftest import Emulate
from tests.flow.runes import SINE, padded

CUTS = int(os.environ.get("RUNICD_KILLS", "4"))


def state(board: Simulator) -> tuple[str, str]:
    (row,) = board.ps()
    return row["name"], row["state"]


def cut_while_it_boots(board: Simulator, delay_s: float) -> None:
    """Switch a board off and on, and cut its power so long after its process began."""
    before = boards.find(board.id, dead_too=True)
    cutter = threading.Thread(target=cut_after_start, args=(before, delay_s))
    cutter.start()
    with contextlib.suppress(SimulatorError):  # where it ends before it is ready
        boards.restart(before)
    cutter.join()


def cut_after_start(before: record.SimulatedBoard, delay_s: float) -> None:
    deadline = time.monotonic() + 10
    while (now := record.read(before.folder)) is None or now.pid == before.pid:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    time.sleep(delay_s)
    os.kill(now.pid, signal.SIGKILL)


def test_power_cut_while_it_boots_loses_nothing(emulate: Emulate) -> None:
    board = emulate()
    board.cast(SINE, period_ms=50)
    chance = random.Random(7)
    for number in range(CUTS):
        for _ in range(1 + number % 2):
            cut_while_it_boots(board, 0.3 * (number + chance.random()) / CUTS)
        board.restart()
        assert state(board) == ("sine", "running")
    assert len(list(board.results("sine", count=2))) == 2


class Cut(Quiet):
    """Cuts a board's power when so much of a Rune is there, and a little later."""

    def __init__(self, board: Simulator, at_bytes: int, delay_s: float) -> None:
        pid = boards.find(board.id).pid
        self._at_bytes = at_bytes
        self._timer = threading.Timer(delay_s, os.kill, (pid, signal.SIGKILL))

    def uploading(self, done_bytes: int, total_bytes: int) -> None:
        if done_bytes >= self._at_bytes and not self._timer.is_alive():
            self._timer.start()

    def wait(self) -> None:
        self._timer.join()


def test_power_cut_during_an_upload_costs_a_window_at_most(emulate: Emulate) -> None:
    board = emulate()
    old, new = runicd.build(SINE), padded(runicd.build(SINE), 60_000)
    board.cast(old, period_ms=50)
    cut = Cut(board, 30_000, 0.0)
    with pytest.raises(LinkError):
        board.cast(new, reporter=cut)
    cut.wait()
    board.restart()
    assert state(board) == ("sine", "running")
    assert board.cast(new).resumed_bytes >= 20_000


def test_power_cut_during_the_commit_leaves_one_version_whole(emulate: Emulate) -> None:
    board = emulate()
    versions = [padded(runicd.build(SINE), 6_000 + 100 * number) for number in range(CUTS + 1)]
    board.cast(versions[0], period_ms=50)
    there = board.ps()[0]["sha256"]
    for number, new in enumerate(versions[1:]):
        cut = Cut(board, len(new.data), 0.1 * number / CUTS)
        with contextlib.suppress(LinkError, TargetError):
            board.cast(new, period_ms=50, reporter=cut)
        cut.wait()
        board.restart()
        (row,) = board.ps()
        assert row["sha256"] in (there, hashlib.sha256(new.data).hexdigest())
        there = row["sha256"]
    board.start("sine", period_ms=50)
    assert len(list(board.results("sine", count=2))) == 2
