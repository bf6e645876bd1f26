"""Simulated boards as processes: start, list, restart, stop, and every way to find them dead."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from runicd import targets
from runicd.client import Client
from runicd.errors import InputError, SimulatorError, TargetError, UsageError
from runicd.links.serial import SerialLink
from runicd.links.tcp import TcpLink
from runicd.sim import boards, firmware, launch, processes
from runicd.sim.boards import Options, SimulatedBoard
from runicd.sim.sensors import Sources
from tests.conftest import command_environment

pytestmark = pytest.mark.usefixtures("state_folder")


def start(**options: object) -> SimulatedBoard:
    return boards.start(firmware.find(), Options(**options))  # type: ignore[arg-type]


def greet(board: SimulatedBoard) -> str:
    with Client(lambda: TcpLink("127.0.0.1", board.tcp_port)) as client:
        return client.greeting.board


def process_runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_board_answers_on_both_its_links(state_folder: Path) -> None:
    board = start()
    assert board.id == "unix-1"
    assert greet(board) == "unix-1"
    with Client(lambda: SerialLink(board.pty)) as client:
        assert client.greeting.board == "unix-1"
    assert boards.boards() == [board]
    assert (state_folder / "sim" / "unix-1" / "flash").is_dir()


def test_stopping_ends_the_process_and_removes_its_folder() -> None:
    board = start()
    boards.stop(board)
    assert not process_runs(board.pid)
    assert not board.folder.exists()
    assert boards.boards() == []
    boards.stop(board)


def test_a_board_that_ignores_the_polite_signal_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_STOP_DEADLINE_S", 0.3)
    board = start()
    os.kill(board.pid, signal.SIGSTOP)  # a stopped process acts on no signal but SIGKILL
    boards.stop(board)
    assert not process_runs(board.pid)


def test_the_lowest_free_id_is_taken() -> None:
    first, second = start(), start()
    assert (first.id, second.id) == ("unix-1", "unix-2")
    boards.stop(first)
    assert start().id == "unix-1"


def test_boards_started_at_once_get_different_ids_and_ports() -> None:
    script = (
        "from runicd.sim import boards, firmware; "
        "print(boards.start(firmware.find(), boards.Options()).id)"
    )
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", script],
            stdout=subprocess.PIPE,
            text=True,
            env=command_environment(),
        )
        for _ in range(4)
    ]
    ids = sorted(starter.communicate(timeout=60)[0].strip() for starter in starters)
    assert ids == ["unix-1", "unix-2", "unix-3", "unix-4"]
    alive = boards.boards()
    assert [board.id for board in alive] == ids
    assert boards.clear_orphans() == []
    assert len({board.tcp_port for board in alive}) == 4
    assert len({board.pty for board in alive}) == 4


def test_a_restart_keeps_the_flash_and_nothing_else() -> None:
    board = start()
    (board.folder / "flash" / "kept").write_text("x")
    again = boards.restart(board)
    assert (again.id, again.folder) == (board.id, board.folder)
    assert again.pid != board.pid
    assert not process_runs(board.pid)
    assert (again.folder / "flash" / "kept").read_text() == "x"
    assert greet(again) == "unix-1"
    assert boards.boards() == [again]


@pytest.mark.parametrize("act", [boards.stop, boards.restart])
def test_a_board_that_somebody_else_restarted_is_not_left_running(
    act: Callable[[SimulatedBoard], object],
) -> None:
    board = start()
    again = boards.restart(board)
    act(board)
    assert not process_runs(again.pid)


def test_a_restart_keeps_the_tcp_port() -> None:
    board = start()
    with Client(lambda: TcpLink("127.0.0.1", board.tcp_port)) as client:
        again = boards.restart(board)
        assert client.greeting.board == "unix-1"
    assert again.tcp_port == board.tcp_port
    assert greet(again) == "unix-1"


def test_a_restart_takes_another_port_where_its_own_is_taken() -> None:
    board = start()
    with socket.create_server(("127.0.0.1", 0)) as rival:
        taken = rival.getsockname()[1]
        again = boards.restart(replace(board, tcp_port=taken))
    assert again.tcp_port != taken
    assert greet(again) == "unix-1"


def test_a_board_is_found_by_its_name() -> None:
    board = start(name="hall")
    assert boards.find("hall") == board
    assert targets.resolve("hall").id == targets.resolve("unix-1").id == "hall"


@pytest.mark.parametrize("name", ["hall sensor", "-x", "/dev/x", "a:1", "\n"])
def test_a_name_that_no_target_option_finds_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is no name for a board"):
        start(name=name)
    assert boards.ids() == []


def test_a_name_that_another_board_has_is_refused() -> None:
    start(name="hall")
    with pytest.raises(UsageError, match="unix-1 is called 'hall' already"):
        start(name="hall")
    with pytest.raises(UsageError, match="unix-1 is called 'unix-1' already"):
        start(name="unix-1")


def test_a_board_that_died_stays_with_its_flash_and_log() -> None:
    board, other = start(), start()
    os.kill(board.pid, signal.SIGKILL)
    wait_dead(board)
    assert boards.boards() == [other]
    assert boards.clear_orphans() == []
    assert (board.folder / "log.txt").exists()
    assert boards.ended() == [board]
    assert boards.listed() == [board, other]
    assert start().id == "unix-3"
    boards.stop(board)
    assert boards.ended() == []
    assert not board.folder.exists()


def test_a_board_that_died_can_be_restarted_with_its_flash() -> None:
    board = start()
    (board.folder / "flash" / "kept").write_text("x")
    os.kill(board.pid, signal.SIGKILL)
    wait_dead(board)
    with pytest.raises(
        TargetError, match="has ended; `runicd sim restart unix-1` starts it again"
    ):
        boards.find("unix-1")
    again = boards.restart(boards.find("unix-1", dead_too=True))
    assert greet(again) == "unix-1"
    assert (again.folder / "flash" / "kept").exists()


def test_another_process_of_the_same_number_is_not_taken_for_the_board() -> None:
    board = start()
    os.kill(board.pid, signal.SIGKILL)
    wait_dead(board)
    stale = json.loads((board.folder / "board.json").read_text())
    (board.folder / "board.json").write_text(json.dumps(stale | {"pid": os.getpid()}))
    assert boards.boards() == []
    boards.stop(boards.find("unix-1", dead_too=True))
    assert process_runs(os.getpid())


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"id": "unix-1"}', "null", "\x00", '{"pid": "x"}']
)
def test_a_broken_state_file_is_cleared_away(state_folder: Path, text: str) -> None:
    folder = state_folder / "sim" / "unix-1"
    folder.mkdir(parents=True)
    (folder / "board.json").write_text(text)
    assert boards.boards() == []
    assert boards.clear_orphans() == ["unix-1"]
    assert start().id == "unix-1"


def test_a_state_file_with_wrong_types_is_cleared_away() -> None:
    board = start()
    fields = json.loads((board.folder / "board.json").read_text())
    boards.stop(board)
    board.folder.mkdir()
    (board.folder / "board.json").write_text(json.dumps(fields | {"pid": "12", "tcp_port": None}))
    assert boards.boards() == []
    assert boards.clear_orphans() == ["unix-1"]


def test_a_board_that_is_being_started_is_left_alone(state_folder: Path) -> None:
    folder = state_folder / "sim" / "unix-1"
    folder.mkdir(parents=True)
    started = processes.by_number(os.getpid()).started
    (folder / "starting").write_text(f"{os.getpid()} {started}")
    assert boards.clear_orphans() == []
    assert start().id == "unix-2"
    (folder / "starting").write_text("1 no-such-time")
    assert boards.clear_orphans() == ["unix-1"]


def test_a_board_whose_command_was_killed_is_cleared_away() -> None:
    script = (
        "import os, signal; from runicd.sim import boards, firmware; "
        "print(boards.start(firmware.find(), boards.Options(ephemeral=True)).pid, flush=True); "
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env=command_environment(),
        check=False,
    )
    pid = int(ended.stdout)
    assert boards.boards() == []
    assert boards.clear_orphans() == ["unix-1"]
    end = time.monotonic() + 5
    while process_runs(pid) and time.monotonic() < end:
        time.sleep(0.02)
    assert not process_runs(pid)


def test_a_firmware_that_ends_at_once_is_an_error_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "micropython"
    broken.write_text("#!/bin/sh\necho first >&2\necho no heap left >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("RUNICD_FIRMWARE", str(broken))
    with pytest.raises(SimulatorError, match="ended with code 3: no heap left"):
        start()
    assert boards.boards() == []
    assert [path.name for path in boards.boards_folder().iterdir()] == [".lock"]


def test_a_firmware_that_cannot_run_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "micropython"
    broken.write_bytes(b"\x7fELF not really")
    broken.chmod(0o755)
    monkeypatch.setenv("RUNICD_FIRMWARE", str(broken))
    with pytest.raises(SimulatorError, match="does not start"):
        start()
    assert [path.name for path in boards.boards_folder().iterdir()] == [".lock"]


def test_a_firmware_that_never_gets_ready_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "micropython"
    broken.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 60\n")
    broken.chmod(0o755)
    monkeypatch.setenv("RUNICD_FIRMWARE", str(broken))
    monkeypatch.setattr(launch, "_READY_DEADLINE_S", 0.5)
    with pytest.raises(SimulatorError, match=r"not ready within 0\.5 s"):
        start()
    assert not process_runs(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize("path", ["/no/such/firmware", "/"])
def test_a_missing_firmware_says_how_to_make_it(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNICD_FIRMWARE", path)
    with pytest.raises(SimulatorError, match=r"no firmware at .*; run `make firmware BOARD=unix`"):
        firmware.find()


def test_a_firmware_that_is_no_program_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNICD_FIRMWARE", "/etc/passwd")
    with pytest.raises(SimulatorError, match="/etc/passwd is no firmware: it cannot be executed"):
        firmware.find()


def test_a_program_that_is_no_firmware_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNICD_FIRMWARE", "/bin/false")
    with pytest.raises(SimulatorError, match="it said nothing; see that /bin/false is RunicOS's"):
        start()


def test_a_heap_that_is_too_small_says_how_large_it_must_be() -> None:
    with pytest.raises(SimulatorError, match="does not fit a heap of 20480 bytes; give it 96k"):
        start(heap_bytes=20 * 1024)


def test_a_state_folder_that_cannot_be_made_names_the_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RUNICD_STATE_DIR", "/proc/x")
    with pytest.raises(InputError, match="/proc/x/sim: the state folder cannot be made"):
        boards.ids()
    monkeypatch.undo()


def test_a_board_that_cannot_be_simulated_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"'portenta_h7' cannot be simulated; choose from .*unix"):
        firmware.find("portenta_h7")


def test_a_bad_sensor_file_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        start(sources=Sources(sound=(tmp_path / "nowhere.wav",)))
    assert [path.name for path in boards.boards_folder().iterdir()] == [".lock"]


def test_finding_a_board_by_id() -> None:
    board = start()
    assert boards.find("unix-1") == board
    with pytest.raises(TargetError, match="unix-7: no such simulated board"):
        boards.find("unix-7")


def wait_dead(board: SimulatedBoard) -> None:
    end = time.monotonic() + 5
    while board.alive and time.monotonic() < end:
        time.sleep(0.02)
    assert not board.alive
