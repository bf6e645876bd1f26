"""`runicd run` and `runicd test`: a board for as long as the command, whatever happens."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runicd.sim import boards
from tests.conftest import Command, command_environment
from tests.flow.runes import DIGITS, SINE

MICROSPEECH = DIGITS.parent / "microspeech"
YES = min((MICROSPEECH / "samples").glob("*.wav"))
NAMES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def objects(text: str) -> list[dict[str, list[dict[str, object]]]]:
    return [json.loads(line) for line in text.splitlines()]


def nothing_is_left() -> bool:
    return boards.ids() == []


def test_without_files_a_rune_is_called_once(command: Command) -> None:
    ended = command("run", SINE, "--random", "7")
    assert (ended.code, ended.err) == (0, "")
    (call,) = objects(ended.out)
    ((channel, (tensor,)),) = call.items()
    assert channel == "3"
    assert tensor["type_name"] == "f32"
    assert tensor["dimensions"] == [1, 1]
    assert nothing_is_left()


def test_the_seed_decides(command: Command) -> None:
    first = command("run", SINE, "--rand", "7", "-n", "5")
    second = command("run", SINE, "--random", "7", "--repeats", "5")
    other = command("run", SINE, "--random", "8", "-r", "5")
    assert first.out == second.out != other.out
    assert len(objects(first.out)) == 5


def test_a_folder_of_pictures_is_read_to_its_end(command: Command) -> None:
    ended = command("run", DIGITS, "--image", DIGITS / "samples")
    assert (ended.code, ended.err) == (0, "")
    words = [call["3"][0]["elements"][0] for call in objects(ended.out)]  # type: ignore[index]
    assert words == NAMES
    assert nothing_is_left()


def test_repeats_end_before_the_files_do(command: Command) -> None:
    pictures = [DIGITS / "samples" / f"{digit}.png" for digit in (4, 2)]
    arguments = [word for picture in pictures for word in ("--image", str(picture))]
    assert len(objects(command("run", DIGITS, *arguments, "-n", "1").out)) == 1
    ended = command("run", DIGITS, *arguments, "-n", "5")
    words = [call["3"][0]["elements"][0] for call in objects(ended.out)]  # type: ignore[index]
    assert words == ["four", "two"]


def test_pretty_is_the_same_in_more_lines(command: Command) -> None:
    plain = command("run", SINE, "--random", "1")
    pretty = command("run", SINE, "--random", "1", "--pretty")
    assert pretty.out.count("\n") > 5
    assert json.loads(pretty.out) == json.loads(plain.out)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((DIGITS,), 3, "no IMAGE on this board; it has RAND"),
        ((DIGITS, "--image", "nowhere.png"), 1, "nowhere.png: no such file"),
        ((MICROSPEECH, "--heap", "96k", "--sound", YES), 3, "short by "),
        ((SINE, "--raw", "/etc/hostname"), 1, "sine: reads no RAW, but RAND; leave --raw out"),
        ((SINE, "--engine", "wasmer"), 2, "there is no 'wasmer'; did you mean 'wasm3'?"),
    ],
)
def test_a_run_that_fails_leaves_no_board(
    command: Command, arguments: tuple[object, ...], code: int, words: str
) -> None:
    ended = command("run", *arguments)
    assert ended.code == code
    assert words in ended.err
    assert nothing_is_left()


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_run_that_is_told_to_end_takes_its_board_along(
    state_folder: Path, number: int, code: int
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "runicd", "run", str(SINE), "-n", "1000000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=command_environment(),
    )
    assert process.stdout is not None
    process.stdout.readline()
    (board,) = boards.boards()
    process.send_signal(number)
    _, err = process.communicate(timeout=100)
    assert (process.returncode, err) == (code, "")
    assert not board.alive
    assert nothing_is_left()


def test_a_board_that_dies_under_a_run_is_an_error(state_folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "runicd", "run", str(SINE), "-n", "1000000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=command_environment(),
    )
    assert process.stdout is not None
    process.stdout.readline()
    (board,) = boards.boards()
    os.kill(board.pid, signal.SIGKILL)
    _, err = process.communicate(timeout=100)
    assert process.returncode == 4
    assert err == f"runicd: {board.id}: the board went away\n"
    assert nothing_is_left()


def test_boards_of_runs_are_not_in_the_way_of_others(command: Command) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "runicd", "run", str(SINE), "-n", "1000000"],
        stdout=subprocess.DEVNULL,
        env=command_environment(),
    )
    end = time.monotonic() + 10
    while not boards.boards() and time.monotonic() < end:
        time.sleep(0.05)
    command("sim", "up")
    assert command("ps").code == 0
    command("sim", "down")
    assert process.poll() is None
    process.terminate()
    assert process.wait(20) == 143


def test_golden_vectors_pass(command: Command) -> None:
    ended = command("test", DIGITS)
    assert (ended.code, ended.out) == (0, "digits: self-test passed\n")
    assert json.loads(command("test", SINE, "--json").out)["self_test"] == "passed"
    assert nothing_is_left()


def test_a_golden_vector_that_differs_fails(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "digits"
    shutil.copytree(DIGITS, folder)
    golden = json.loads((folder / "golden.json").read_text())
    golden[1]["outputs"]["serial"] = ["zero"]
    (folder / "golden.json").write_text(json.dumps(golden))
    ended = command("test", folder)
    assert ended.code == 5
    assert ended.out.startswith("digits: self-test failed: golden vector 1: output serial differs")
    assert nothing_is_left()


@pytest.mark.parametrize("rune", [SINE, DIGITS, DIGITS.parent / "gesture"])
def test_golden_vectors_are_what_a_board_computes(
    command: Command, tmp_path: Path, rune: Path
) -> None:
    folder = tmp_path / rune.name
    shutil.copytree(rune, folder)
    before = json.loads((folder / "golden.json").read_text())
    bare = [{key: vector[key] for key in vector if key != "outputs"} for vector in before]
    (folder / "golden.json").write_text(json.dumps(bare))
    ended = command("test", folder, "--update")
    assert (ended.code, ended.err) == (0, "")
    after = json.loads((folder / "golden.json").read_text())
    for old, new in zip(before, after, strict=True):
        assert new["inputs"] == old["inputs"]
        for name, values in old["outputs"].items():
            exact = isinstance(values[0], str)
            assert new["outputs"][name] == (values if exact else pytest.approx(values, rel=1e-5))


def test_a_rune_without_golden_vectors_says_so(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "sine"
    shutil.copytree(SINE, folder)
    (folder / "golden.json").unlink()
    ended = command("test", folder)
    assert ended.code == 1
    assert "the Rune carries no golden vectors; write them with" in ended.err
    updated = command("test", folder, "--update")
    assert updated.code == 1
    assert "golden.json: there are no golden vectors; write" in updated.err


def test_a_run_that_lacks_a_sensor_names_the_option(command: Command) -> None:
    ended = command("run", DIGITS)
    assert ended.code == 3
    assert ended.err.splitlines() == [
        "runicd: digits cannot run on the simulated board; give --image FILE",
        "  - no IMAGE on this board; it has RAND",
    ]


def test_json_may_be_asked_for_where_it_comes_anyway(command: Command) -> None:
    assert list(json.loads(command("run", SINE, "--json").out)) == ["3"]
    command("sim", "up")
    command("cast", SINE, "--period", "0")
    assert list(json.loads(command("call", "sine", "--json").out)) == ["3"]
