"""The paced serial line: its speed, its faults, and what holds when the cable is pulled."""

import json
import os
import select
import signal
import time
from pathlib import Path

import pytest

from runicd import targets
from runicd.client import Client, come_back
from runicd.errors import LinkError, SimulatorError
from runicd.sim import boards, firmware, line
from runicd.sim.boards import Options
from runicd.sim.faults import Faults
from runicd.sim.pace import Pace
from runicd.sim.record import SimulatedBoard
from tests.conftest import Command

BAUD = 115_200


@pytest.fixture
def paced(state_folder: Path) -> SimulatedBoard:
    return boards.start(firmware.find(), Options(baud=BAUD))


def open_port(board: SimulatedBoard) -> int:
    return os.open(board.pty, os.O_RDWR | os.O_NOCTTY)


def read_for(descriptor: int, count: int, timeout_s: float) -> bytes:
    data = b""
    deadline = time.monotonic() + timeout_s
    while len(data) < count and (left := deadline - time.monotonic()) > 0:
        if select.select([descriptor], [], [], left)[0]:
            data += os.read(descriptor, 4096)
    return data


def run_pace(pace: Pace, late_s: float, total_bytes: int) -> float:
    """Return when the last of many bytes arrives, where whoever moves them always wakes late."""
    now_s, left = 100.0, total_bytes
    while left or not pace.empty:
        if pace.arrived(now_s) or pace.empty:
            piece = min(left, pace.piece_bytes)
            pace.put(bytes(piece), now_s)
            left -= piece
        wait_s = pace.left_s(now_s)
        now_s += 0.0 if wait_s is None else wait_s + late_s
    return now_s - 100.0 - late_s


@pytest.mark.parametrize("baud", [1200, 9600, 115_200, 921_600])
@pytest.mark.parametrize("late_s", [0.0, 0.001, 0.02])
def test_the_average_rate_is_exact_however_late_one_wakes(baud: int, late_s: float) -> None:
    total_bytes = baud // 10 * 5
    least_s, took_s = 5.0, run_pace(Pace(baud), late_s, total_bytes)
    assert took_s >= least_s - 1e-6
    # Waking later than a piece lasts, one falls behind; else only the last wake is late.
    if late_s <= 0.001:
        assert took_s == pytest.approx(least_s, abs=0.01)


def test_a_byte_on_a_line_that_rested_takes_its_time() -> None:
    pace = Pace(1000)
    pace.put(b"x", 5.0)
    assert pace.left_s(5.0) == pytest.approx(0.01)
    assert pace.arrived(5.005) == b""
    assert pace.arrived(5.02) == b"x"
    pace.put(b"", 5.02)
    assert pace.left_s(6.0) is None
    pace.put(b"y", 7.0)
    assert pace.arrived(7.005) == b""


@pytest.mark.parametrize(
    ("plans", "expected"),
    [
        ([("insert", 0, "2121")], "!!abcdef"),
        ([("insert", 4, "21")], "abcd!ef"),
        ([("drop", 2, "3")], "abf"),
        ([("drop", 0, "100")], ""),
        ([("flip", 3, "20")], "abcDef"),
        ([("drop", 1, "1"), ("insert", 3, "2A"), ("flip", 5, "20")], "ac*deF"),
    ],
)
@pytest.mark.parametrize("piece", [1, 2, 6])
def test_faults_hit_their_place_whatever_the_pieces(
    plans: list[tuple[str, int, str]], expected: str, piece: int
) -> None:
    faults = Faults()
    for plan in plans:
        faults.plan(*plan)
    data = b"abcdef"
    result = b"".join(faults.apply(data[at : at + piece]) for at in range(0, 6, piece))
    assert result.decode() == expected


def test_faults_count_from_where_the_stream_is() -> None:
    faults = Faults()
    assert faults.apply(b"abc") == b"abc"
    faults.plan("drop", 1, "1")
    assert faults.apply(b"def") == b"df"
    assert faults.apply(b"ghi") == b"ghi"


@pytest.mark.parametrize("plan", [("bend", 0, "1"), ("drop", 0, "x"), ("insert", 0, "2")])
def test_a_fault_that_makes_no_sense_is_refused(plan: tuple[str, int, str]) -> None:
    with pytest.raises(ValueError):
        Faults().plan(*plan)


def test_a_paced_board_answers_over_its_line(paced: SimulatedBoard) -> None:
    target = targets.of_simulated(paced)
    assert target.type == "SERIAL"
    with Client(target.connect) as client:
        assert client.greeting.board == "unix-1"
    assert Path(paced.pty) == paced.folder / "tty"


def test_bytes_take_ten_bits_each_at_least(paced: SimulatedBoard) -> None:
    port = open_port(paced)
    count = BAUD // 10
    os.write(port, b"\x01")
    os.write(port, f"print('x' * {count})\r\x04".encode())
    first = read_for(port, 200, 5)
    started = time.monotonic()
    rest = read_for(port, count - len(first), 5)
    took_s = time.monotonic() - started
    os.close(port)
    assert len(first) + len(rest) >= count
    assert took_s > 0.95 * len(rest) * 10 / BAUD


def test_a_line_that_rests_uses_no_processor(paced: SimulatedBoard) -> None:
    def cpu_ticks() -> int:
        fields = Path(f"/proc/{paced.line_pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    before = cpu_ticks()
    time.sleep(0.5)
    assert cpu_ticks() - before <= 1


def test_a_pulled_cable_hangs_up_and_comes_back(paced: SimulatedBoard) -> None:
    with Client(targets.of_simulated(paced).connect) as client:
        line.command(paced.folder, "unplug")
        assert not Path(paced.pty).exists()
        with pytest.raises(LinkError, match="there is no such port"):
            client.request("ps")
        line.command(paced.folder, "plug")
        assert come_back(client, 2.0)
        assert client.request("ps") == []


def test_bytes_between_frames_are_no_frames(paced: SimulatedBoard) -> None:
    with Client(targets.of_simulated(paced).connect) as client:
        line.command(paced.folder, "insert to_board 0 c0ffee")
        line.command(paced.folder, "insert to_host 0 c0c1c190")
        assert client.request("ps") == []


@pytest.mark.parametrize("fault", ["insert {} 7 00ff41", "drop {} 9 3", "flip {} 11 10"])
@pytest.mark.parametrize("direction", [line.TO_BOARD, line.TO_HOST])
def test_a_request_survives_what_happens_within_a_frame(
    paced: SimulatedBoard, fault: str, direction: str
) -> None:
    with Client(targets.of_simulated(paced).connect) as client:
        line.command(paced.folder, fault.format(direction))
        assert client.request("ps") == []


@pytest.mark.parametrize("text", ["dance", "bend to_board 0 1", "drop to_moon 0 1"])
def test_a_command_that_is_none_is_refused(paced: SimulatedBoard, text: str) -> None:
    with pytest.raises(SimulatorError, match="the serial line: there is no"):
        line.command(paced.folder, text)
    with Client(targets.of_simulated(paced).connect) as client:
        assert client.request("ps") == []


def test_the_line_ends_with_its_board(paced: SimulatedBoard) -> None:
    os.kill(paced.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while paced.line.runs and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not paced.line.runs
    assert not Path(paced.pty).is_symlink()


def test_a_restart_and_a_stop_take_the_line_along(paced: SimulatedBoard) -> None:
    again = boards.restart(paced)
    assert not paced.line.runs
    assert again.line.runs
    with Client(targets.of_simulated(again).connect) as client:
        assert client.greeting.board == "unix-1"
    boards.stop(again)
    assert not again.line.runs


def test_a_board_whose_line_was_killed_has_ended(paced: SimulatedBoard) -> None:
    os.kill(paced.line_pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while paced.line.runs and time.monotonic() < deadline:
        time.sleep(0.02)
    assert boards.ended() == [paced]
    again = boards.restart(paced)
    assert boards.boards() == [again]


def test_the_speed_is_chosen_on_the_command_line(command: Command) -> None:
    assert command("sim", "up", "--baud", "57600").code == 0
    (row,) = json.loads(command("sim", "ls", "--json").out)
    assert row["baud"] == 57600
    assert json.loads(command("targets", "ls", "--json").out)[0]["type"] == "SERIAL"
    assert command("ps").code == 0


@pytest.mark.parametrize("baud", ["0", "-1", "fast", "1e5", "99999999999"])
def test_a_speed_that_is_none_is_a_usage_error(command: Command, baud: str) -> None:
    ended = command("sim", "up", f"--baud={baud}")
    assert ended.code == 2
    assert "is no speed of a serial line" in ended.err
