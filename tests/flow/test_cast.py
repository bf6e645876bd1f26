"""Casting Runes onto simulated boards, and every way in which that is cut short."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from argparse import Namespace
from pathlib import Path

import pytest
import wasmtime

import runicd
from runicd import targets
from runicd.cast.cast import Quiet, cast
from runicd.cast.upload import Uploaded
from runicd.cli_show import Show
from runicd.cli_targets import _Reporter
from runicd.client import Client
from runicd.errors import BoardError, LinkClosed, LinkError, RefusedError, RunicError
from runicd.links.serial import SerialLink
from runicd.runefile.emit_wasm import custom_section
from runicd.sim import boards, firmware
from runicd.sim.boards import Options, SimulatedBoard
from runicd.simulate import chosen_board
from runicd.types import Rune
from tests.board import ROOT
from tests.conftest import Command, command_environment
from tests.flow.runes import DIGITS, LARGE_BYTES, SINE, large_sine, large_sine_file
from tests.signing import signed

pytestmark = pytest.mark.usefixtures("state_folder")


@pytest.fixture
def sim_board() -> SimulatedBoard:
    return boards.start(firmware.find(chosen_board()), Options())


@pytest.fixture
def client(sim_board: SimulatedBoard) -> Client:
    return Client(targets.of_simulated(sim_board).connect)


class Steps(Quiet):
    """Notes every step, and runs `at` when that many bytes are on the board."""

    def __init__(self, at_bytes: int = -1, action: object = None) -> None:
        self.steps: list[str] = []
        self.done = 0
        self._at_bytes = at_bytes
        self._action = action

    def provider(self, fqdn: str) -> None:
        self.steps.append(f"provider {fqdn}")

    def uploading(self, done_bytes: int, total_bytes: int) -> None:
        self.done = done_bytes
        if callable(self._action) and done_bytes >= self._at_bytes:
            action, self._action = self._action, None
            action()

    def verified(self, uploaded: Uploaded) -> None:
        self.steps.append("verified")

    def granted(self, kind: str) -> None:
        self.steps.append(f"granted {kind}")

    def running(self, name: str, self_test: str) -> None:
        self.steps.append(f"running {name} {self_test}")


def test_a_large_rune_is_cast_step_by_step(client: Client) -> None:
    rune = large_sine()
    steps = Steps()
    done = cast(rune, client, steps)
    assert done.resumed_bytes == 0
    assert steps.steps == [
        f"provider runicos:{chosen_board()}",
        "verified",
        "granted RAND",
        "granted SERIAL",
        "running sine passed",
    ]
    (row,) = client.request("ps")
    assert (row["name"], row["state"]) == ("sine", "running")


def test_casting_prints_the_papers_lines(command: Command, sim_board: SimulatedBoard) -> None:
    ended = command("cast", SINE, "-t", sim_board.id)
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert lines[0] == f"Deploying {SINE} to target {chosen_board()}-1"
    fqdn = f"runicos:{chosen_board()}"
    assert lines[1:3] == ["Verifying provider: 100%", f"Provider with fqdn={fqdn} found"]
    assert lines[3].startswith(f"Preflight on {chosen_board()}-1: OK, needs ")
    assert re.match(r"Flash: [0-9,]+ bytes written", lines.pop(6))
    assert lines[4:] == [
        "Uploading rune: 100%",
        "Verifying rune: 100%",
        "Capability: RAND OK: 100%",
        "Capability: SERIAL OK: 100%",
        "Running: sine (self-test passed)",
    ]
    script = "import sys; from runicd.cli import main_hmr; sys.exit(main_hmr())"
    hmr = subprocess.run(
        [sys.executable, "-c", script, "targets", "cast", "-t", sim_board.pty, str(SINE)],
        capture_output=True,
        text=True,
        env=command_environment(),
        check=True,
    )
    assert hmr.stdout.splitlines()[-1] == "Running: sine (self-test passed)"


def test_casting_the_same_again_sends_nothing(client: Client) -> None:
    rune = large_sine()
    cast(rune, client, Quiet())
    again = Steps()
    done = cast(rune, client, again)
    assert again.steps[-1] == "running sine passed"
    assert done.sha256 == client.request("ps")[0]["sha256"].hex()


def test_a_board_without_the_sensor_refuses_before_a_byte_is_sent(client: Client) -> None:
    steps = Steps()
    with pytest.raises(RefusedError, match=f"digits cannot run on {chosen_board()}-1") as caught:
        cast(runicd.build(DIGITS), client, steps)
    assert caught.value.reasons == ("no IMAGE on this board; it has RAND",)
    assert steps.steps == [f"provider runicos:{chosen_board()}"]
    assert steps.done == 0
    assert client.request("ps") == []


def rounded_once(folder: Path) -> Rune:
    """Return a Rune of an int8 model for firmware that has the rounding `tflm-single`."""
    (folder / "Runefile").write_text(
        "FROM runicos/base\nCAPABILITY RAND numbers --n 1\nMODEL ./sine.tflite sine\n"
        "RUN numbers sine\nOUT serial\n"
    )
    shutil.copy(ROOT / "runes" / "sine_int8" / "sine_int8.tflite", folder / "sine.tflite")
    return runicd.build(folder, name="sine", rounding="tflm-single")


NO_ROUNDING = (
    "rounding tflm-single unsupported; this firmware has tflm-double: build the Rune with that "
    "`--rounding`, or the firmware with the other NN_ROUNDING"
)


def test_another_rounding_is_refused_before_a_byte_is_sent(client: Client, tmp_path: Path) -> None:
    steps = Steps()
    with pytest.raises(RefusedError) as caught:
        cast(rounded_once(tmp_path), client, steps)
    assert caught.value.reasons == (NO_ROUNDING,)
    assert steps.done == 0
    assert client.request("ps") == []


def test_the_board_itself_refuses_another_rounding(client: Client, tmp_path: Path) -> None:
    rune = rounded_once(tmp_path)
    assert rune.manifest is not None
    misled = Rune(rune.name, rune.data, {**rune.manifest, "rounding": "tflm-double"})
    steps = Steps()
    with pytest.raises(RunicError, match=re.escape(NO_ROUNDING)):
        cast(misled, client, steps)
    assert steps.done == len(rune.data)
    cast(runicd.build(tmp_path, name="sine"), client, Quiet())


def test_every_reason_is_given_with_its_numbers(client: Client) -> None:
    rune = runicd.build(DIGITS)
    assert rune.manifest is not None
    greedy = {**rune.manifest, "arena_bytes": 1 << 20}
    with pytest.raises(RefusedError) as caught:
        cast(Rune(rune.name, rune.data, greedy), client, Quiet())
    sensor, memory = caught.value.reasons
    assert sensor == "no IMAGE on this board; it has RAND"
    short, needed, available = (int(word) for word in memory.split() if word.isdigit())
    assert short == needed - available
    assert needed > 1 << 20


def test_the_refusal_is_shown_in_lines(command: Command, sim_board: SimulatedBoard) -> None:
    ended = command("cast", DIGITS)
    assert ended.code == 3
    assert ended.err.splitlines() == [
        (
            f"runicd: digits cannot run on {chosen_board()}-1; "
            "`runicd feed --image FILE` gives it that, "
            "`runicd sim up --image FILE` starts a board that has it"
        ),
        "  - no IMAGE on this board; it has RAND",
    ]


def test_a_board_whose_power_is_cut_keeps_what_it_got(
    sim_board: SimulatedBoard, client: Client
) -> None:
    rune = large_sine()
    steps = Steps(LARGE_BYTES // 3, lambda: os.kill(sim_board.pid, signal.SIGKILL))
    with pytest.raises(
        LinkClosed, match=rf"went away at \d+ of {LARGE_BYTES} bytes; cast again"
    ) as caught:
        cast(rune, client, steps)
    assert caught.value.exit_code == 4
    again = boards.restart(sim_board)
    with Client(targets.of_simulated(again).connect) as back:
        assert back.request("ps") == []
        done = cast(rune, back, Quiet())
        assert LARGE_BYTES // 3 - 8192 <= done.resumed_bytes < LARGE_BYTES
        assert back.request("ps")[0]["state"] == "running"


def test_a_cast_survives_a_power_cut_that_is_over_soon(
    sim_board: SimulatedBoard, client: Client
) -> None:
    steps = Steps(LARGE_BYTES // 3, lambda: boards.restart(sim_board))
    done = cast(large_sine(), client, steps)
    assert steps.steps[-1] == "running sine passed"
    assert done.resumed_bytes >= LARGE_BYTES // 3 - 8192


def test_the_old_rune_runs_on_when_a_cast_is_cut(
    sim_board: SimulatedBoard, client: Client
) -> None:
    cast(runicd.build(SINE), client, Quiet())
    steps = Steps(LARGE_BYTES // 3, lambda: os.kill(sim_board.pid, signal.SIGKILL))
    with pytest.raises(LinkError):
        cast(large_sine(), client, steps)
    again = boards.restart(sim_board)
    with Client(targets.of_simulated(again).connect) as back:
        (row,) = back.request("ps")
        assert (row["name"], row["state"]) == ("sine", "running")
        assert row["sha256"] != large_sine().data


def test_killing_the_command_leaves_a_part_that_is_resumed(
    sim_board: SimulatedBoard, tmp_path: Path
) -> None:
    """Kill -9 of runicd itself, at a moment when the upload is under way."""
    path = large_sine_file(tmp_path)
    script = (
        "import os, signal, sys; from runicd import api; "
        "from tests.flow.test_cast import Steps; "
        "board = api.connect(); "
        f"steps = Steps({LARGE_BYTES // 6}, lambda: os.kill(os.getpid(), signal.SIGKILL)); "
        "board.cast(sys.argv[1], reporter=steps)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        env=command_environment(),
        cwd=Path(__file__).parents[2],
        check=False,
        capture_output=True,
    )
    assert ended.returncode == -signal.SIGKILL
    with runicd.connect(sim_board.id) as board:
        assert board.ps() == []
        assert board.cast(path).resumed_bytes >= LARGE_BYTES // 6


def test_a_cast_that_is_cut_and_resumed_says_both(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with _Reporter(Show(Namespace())) as reporter:
        reporter.uploading(0, 300_000)
        reporter.uploading(50_000, 300_000)
        reporter.__exit__(KeyboardInterrupt)
    assert capsys.readouterr().err == (
        "runicd: 50000 of 300000 bytes stay; cast again to resume\n"
    )
    with _Reporter(Show(Namespace())) as resumed:
        resumed.uploading(50_000, 300_000)
        resumed.uploading(60_000, 300_000)
    assert capsys.readouterr().out == "Resuming at 50000 bytes\n"


@pytest.mark.skipif(chosen_board() != "unix", reason="one serial line has one host at a time")
def test_a_second_cast_at_once_is_told_that_the_board_is_busy(
    sim_board: SimulatedBoard, client: Client
) -> None:
    refused: list[BaseException] = []

    def second() -> None:
        other = Rune("other", large_sine().data, large_sine().manifest)
        with Client(targets.of_simulated(sim_board).connect) as rival:
            try:
                cast(other, rival, Quiet())
            except BoardError as error:
                refused.append(error)

    def meanwhile() -> None:
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(20)

    done = cast(large_sine(), client, Steps(LARGE_BYTES // 6, meanwhile))
    assert done.name == "sine"
    (error,) = refused
    assert "the board is busy with the upload of sine" in str(error)
    assert error.exit_code == 3  # type: ignore[attr-defined]


def test_a_serial_port_in_use_is_busy(command: Command, sim_board: SimulatedBoard) -> None:
    holder = SerialLink(sim_board.pty)
    ended = command("cast", SINE, "-t", sim_board.pty)
    holder.close()
    assert ended.code == 4
    assert ended.err.startswith(f"runicd: {sim_board.pty}: the port is busy; close the other")
    assert command("cast", SINE, "-t", sim_board.pty).code == 0


def test_following_a_cast_prints_outputs_and_logs(
    sim_board: SimulatedBoard, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "runicd", "cast", str(SINE), "--period", "20", "--follow"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=command_environment(),
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(14)]
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=100)
    assert (process.returncode, err) == (130, "")
    outputs = [json.loads(line) for line in lines if line.startswith("{")]
    assert len(outputs) >= 3
    assert all(output["rune"] == "sine" for output in outputs)
    numbers = [output["sequence"] for output in outputs]
    assert numbers == list(range(len(numbers)))
    assert all(-1.1 < output["3"][0]["elements"][0] < 1.1 for output in outputs)


def original(pages: int, graph: dict[str, object]) -> bytes:
    """Return a Rune as the original toolchain makes them: no manifest, but a graph."""
    module = wasmtime.wat2wasm(
        f'(module (import "env" "request_output" (func $output (param i32) (result i32)))'
        f'(memory (export "memory") {pages})'
        '(func (export "_manifest") (result i32)'
        " (drop (call $output (i32.const 1))) (i32.const 1))"
        '(func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))'
    )
    return bytes(module) + custom_section(".rune_graph", json.dumps(graph).encode())


def test_an_original_rune_runs_where_its_memory_fits(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "Old One.rune"
    path.write_bytes(signed(original(1, {"rune": {"name": "old"}})))
    steps = Steps()
    cast(runicd.open_rune(path), client, steps)
    assert steps.steps[-1] == "running old-one none"


def test_an_original_rune_is_refused_with_the_shortfall(client: Client, tmp_path: Path) -> None:
    sound = {"kind": {"type": "sound"}, "args": {}, "outputs": []}
    path = tmp_path / "old.rune"
    path.write_bytes(original(17, {"rune": {"name": "old"}, "capabilities": {"audio": sound}}))
    steps = Steps()
    with pytest.raises(RefusedError) as caught:
        cast(runicd.open_rune(path), client, steps)
    memory, sensor = caught.value.reasons
    short, needed, available = (int(word) for word in memory.split() if word.isdigit())
    assert (needed, short) == (17 * 65536, 17 * 65536 - available)
    assert sensor == "no SOUND on this board; it has RAND"
    assert steps.done == 0
