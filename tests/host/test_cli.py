"""The command line as processes: help, errors in one line, exit codes, listings, signals."""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest

from runicd import cli, cli_arguments
from runicd.cli_argument_types import size
from runicd.sim import boards
from tests.board import ROOT
from tests.conftest import Command, command_environment

NO_ARGUMENTS = ("cli_sim:ls", "cli_targets:ls", "cli_build:version")
COMMANDS = ("build", "run", "test", "cast", "ps", "logs", "stats", "start", "stop", "rm", "call")


def test_help_names_every_command(command: Command) -> None:
    ended = command("--help")
    assert ended.code == 0
    for name in (*COMMANDS, "sim", "targets", "version"):
        assert f"\n    {name} " in ended.out


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys; from runicd import cli; cli.parser('runicd'); "
        "print([name for name in ('numpy', 'rich', 'wasmtime', 'serial', 'PIL', 'cbor2', 'yaml')"
        " if name in sys.modules])"
    )
    out = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=command_environment(),
    ).stdout
    assert out.strip() == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(command: Command, name: str) -> None:
    ended = command(name, "--help")
    assert ended.code == 0
    assert ended.out.startswith(f"usage: runicd {name} ")


def test_the_example_of_every_help_is_understood() -> None:
    examples = _examples(cli.parser("runicd"))
    assert len(examples) > 20
    for example in examples:
        arguments = cli.parser("runicd").parse_args(example.split()[2:])
        assert arguments.command in {*cli_arguments.EXAMPLES, *NO_ARGUMENTS}


def _examples(parser: argparse.ArgumentParser) -> list[str]:
    inner = [
        one for action in parser._actions if isinstance(action.choices, dict)
        for one in action.choices.values()
    ]  # fmt: skip
    own = [parser.epilog] if parser.epilog else []
    return own + [example for one in inner for example in _examples(one)]


def test_every_command_exists() -> None:
    """Load what each parser names, so that no command fails only when it is first used."""
    references = _references(cli.parser("runicd"))
    assert len(references) > 15
    for reference in references:
        assert callable(cli._command(reference))


def _references(parser: object) -> set[str]:
    found = set()
    for action in parser._actions:  # type: ignore[attr-defined]
        if isinstance(action.choices, dict):
            for inner in action.choices.values():
                found.add(inner.get_default("command"))
                found |= _references(inner)
    return found - {None, ""}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "the following arguments are required: COMMAND; see `runicd --help`"),
        (("sm", "up"), 2, "there is no 'sm'; did you mean 'sim'?; see `runicd --help`"),
        (("sim", "upp"), 2, "there is no 'upp'; did you mean 'up'?; see `runicd sim --help`"),
        (("sim", "up", "-n", "0"), 2, "'0' is no number from 1"),
        (("sim", "up", "-n", "²"), 2, "'²' is no number from 1"),
        (("sim", "up", "--heap", "²k"), 2, "'²k' is no size"),
        (("sim", "up", "--heap", "9999G"), 2, "'9999G' is no size"),
        (("sim", "up", "--heap", "9999M"), 2, "'9999M' is no size"),
        (("build", "--period", "2147483648"), 2, "'2147483648' is no number of milliseconds to"),
        (("build", "--release", "1\n2"), 2, "'1\\n2' is no version"),
        (("build", "--rounding", "single"), 2, "no 'single'; did you mean 'tflm-single'?"),
        (("ps", "--colour", "blue"), 2, "argument --colour/--color: there is no 'blue'"),
        (("ps", "-t", "host:²"), 4, "host:²: there is no such target"),
        (("ps", "-t", "[::1]:1"), 4, "[::1]:1: cannot connect (Connection refused)"),
        (("cast", "a\x1b[31m\nb"), 1, r"a\x1b[31m\nb: no such file"),
        (("sim", "up", "--heap", "much"), 2, "'much' is no size; write 65536, 64k or 1M"),
        (("run", "x", "--heap", "10k"), 2, "RunicOS does not fit 10k; give 96k or more; see"),
        (("run",), 2, "the following arguments are required: RUNE"),
        (("sim", "up", "--frob"), 2, "arguments: --frob; see `runicd sim up --help`"),
        (("ps", "--frob"), 2, "unrecognized arguments: --frob; see `runicd ps --help`"),
        (("sim", "up", "--board", "pico2"), 2, "'pico2' cannot be simulated; choose from mps2"),
        (("ps",), 4, "there is no board; start one with `runicd sim up`"),
        (("ps", "-t", "nowhere"), 4, "nowhere: there is no such target"),
        (("ps", "-t", "127.0.0.1:1"), 4, "127.0.0.1:1: cannot connect"),
        (("ps", "-t", "/dev/none"), 4, "/dev/none: there is no such port"),
        (("sim", "down", "unix-9"), 4, "unix-9: no such simulated board"),
        (("cast", "nowhere.rune"), 1, "nowhere.rune: no such file"),
        (("run", "nowhere.rune"), 1, "nowhere.rune: no such file"),
        (("run", "/"), 1, "/: there is no Runefile here"),
    ],
)
def test_mistakes_get_one_line_and_an_exit_code(
    command: Command, arguments: tuple[str, ...], code: int, words: str
) -> None:
    ended = command(*arguments)
    assert ended.code == code
    assert ended.out == ""
    assert ended.err.startswith("runicd: ")
    assert words in ended.err
    assert ended.err.count("\n") == 1


def test_a_rune_that_is_none_is_an_error(command: Command, tmp_path: Path) -> None:
    (tmp_path / "bad.rune").write_bytes(b"\0asm\1\0\0\0garbage")
    ended = command("cast", "bad.rune")
    assert ended.code == 1
    assert ended.err.startswith("runicd: bad.rune: ")


def test_a_missing_firmware_says_how_to_make_it(command: Command) -> None:
    ended = command("sim", "up", RUNICD_FIRMWARE="/no/firmware")
    assert ended.code == 4
    assert "run `make firmware BOARD=unix`" in ended.err


def test_the_names_of_the_papers_work(command: Command, tmp_path: Path) -> None:
    for name in ("main_rune", "main_hmr"):
        script = f"import sys; from runicd.cli import {name}; sys.exit({name}(['--help']))"
        out = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=True,
            env=command_environment(),
        ).stdout
        assert out.startswith(f"usage: {name.removeprefix('main_')} ")
        assert "targets" in out


def test_boards_come_are_listed_and_go(command: Command) -> None:
    ended = command("sim", "up", "-n", "2")
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert lines[0].startswith("unix-1 is up: serial port /dev/")
    assert lines[1].startswith("unix-2 is up: ")
    rows = json.loads(command("sim", "ls", "--json").out)
    assert [row["id"] for row in rows] == ["unix-1", "unix-2"]
    table = command("sim", "ls").out.splitlines()
    headings = ["Target", "Board", "Name", "State", "Process", "TCP", "Serial", "port"]
    assert table[0].split() == headings
    assert table[1].split()[:2] == ["unix-1", "unix"]
    assert command("ps").err.startswith("runicd: there are 2 targets; choose with -t: unix-1, ")
    assert command("sim", "down", "unix-1").out == "unix-1 is down\n"
    assert command("sim", "down").out == "unix-2 is down\n"
    assert json.loads(command("sim", "ls", "--json").out) == []
    assert command("sim", "ls").out.startswith("No simulated boards; start one")


def test_targets_are_listed_as_in_the_paper(command: Command) -> None:
    command("sim", "up")
    lines = command("targets", "ls").out.splitlines()
    headings = "Target Type Name Chip Heap bytes Flash bytes Available"
    assert " ".join(lines[0].split()) == headings
    *words, heap_bytes, flash_bytes, available = lines[1].split()
    assert words == ["unix-1", "TCP", "unix-1,", "simulated", "simulated"]
    assert 200_000 < int(heap_bytes) <= 262_144
    assert (flash_bytes, available) == ("8388608", "True")
    (row,) = json.loads(command("targets", "ls", "--json").out)
    assert row == {
        "target": "unix-1",
        "type": "TCP",
        "name": "unix-1, simulated",
        "chip": "simulated",
        "heap_bytes": int(heap_bytes),
        "flash_bytes": 8388608,
        "available": True,
    }


def test_a_board_that_died_is_reported(command: Command) -> None:
    command("sim", "up")
    (board,) = boards.boards()
    os.kill(board.pid, signal.SIGKILL)
    ended = command("ps", "-t", "unix-1")
    assert ended.code == 4
    assert "unix-1: the simulated board has ended; `runicd sim restart unix-1`" in ended.err
    assert command("sim", "restart", "unix-1").out.startswith("unix-1 is up: ")
    assert command("ps", "-t", "unix-1").code == 0
    (board,) = boards.boards()
    os.kill(board.pid, signal.SIGKILL)
    ended = command("targets", "ls")
    assert ended.err == "runicd: unix-1 has ended; `runicd sim restart unix-1` starts it again\n"
    assert ended.out.startswith("No boards; plug one in")
    assert "unix-1: the simulated board has ended" in command("ps").err


def test_an_empty_board_says_what_to_do(command: Command) -> None:
    command("sim", "up")
    assert command("ps").out == "No Runes on the board; put one there with `runicd cast`.\n"
    assert command("ps", "--json").out == "[]\n"
    assert command("stats", "--json").out == "{}\n"


@pytest.mark.parametrize("verb", ["start", "stop", "rm", "call", "stats"])
def test_a_rune_that_is_not_there_is_named(command: Command, verb: str) -> None:
    command("sim", "up")
    ended = command(verb, "sine")
    assert ended.code == 1
    assert ended.err == (
        "runicd: unix-1: there is no Rune named sine on the board; `runicd ps` lists them\n"
    )


def test_quiet_is_quiet_and_listings_are_not(command: Command) -> None:
    assert command("sim", "up", "-q").out == ""
    assert command("-q", "sim", "ls").out.startswith("Target")


def following_logs() -> "subprocess.Popen[str]":
    """Start `runicd logs -f`, and wait for its first line."""
    process = subprocess.Popen(
        [sys.executable, "-m", "runicd", "logs", "-f"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=command_environment(),
    )
    assert process.stdout is not None
    assert "RunicOS" in process.stdout.readline()
    return process


def test_interrupting_a_stream_ends_with_130(command: Command, tmp_path: Path) -> None:
    command("sim", "up")
    process = following_logs()
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (130, "")


def test_a_reader_that_goes_away_is_no_error(command: Command) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [sys.executable, "-m", "runicd", "sim", "ls", "--json"],
        stdout=writing,
        stderr=subprocess.PIPE,
        env=command_environment(),
        check=False,
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (141, b"")


def test_version(command: Command) -> None:
    assert command("version").out.startswith("runicd 0.1.0 (Python 3.")
    found = json.loads(command("version", "--json").out)
    assert found["runicd"] == "0.1.0"
    assert found["rune_abi"] == "0.11"
    assert found["firmware"].endswith("micropython")
    assert found["wasmtime"][0].isdigit()
    assert "no firmware at /nowhere" in command("version", RUNICD_FIRMWARE="/nowhere").out
    assert command("--version").out == "runicd 0.1.0\n"


def test_sizes_and_counts_are_read() -> None:
    assert [size(text) for text in ("65536", "64k", "1M")] == [65536, 65536, 1 << 20]


def on_a_terminal(*arguments: str, **environment: str) -> str:
    """Return what a command writes to a terminal of 60 columns."""
    process = pexpect.spawn(
        sys.executable,
        ["-m", "runicd", *arguments],
        env=command_environment() | {"TERM": "xterm", "COLUMNS": "60"} | environment,
        encoding="utf-8",
        dimensions=(24, 60),
        timeout=30,
    )
    process.expect(pexpect.EOF)
    process.close()
    assert process.exitstatus == 0
    return str(process.before)


def test_colours_are_for_terminals_that_want_them(command: Command) -> None:
    command("sim", "up")
    assert "\x1b[" in on_a_terminal("sim", "ls")
    assert "\x1b[" not in on_a_terminal("sim", "ls", NO_COLOR="1")
    assert "\x1b[" not in on_a_terminal("sim", "ls", "--colour", "never")
    assert "\x1b[" not in command("sim", "ls").out
    assert "\x1b[32mrunning" in command("sim", "ls", "--colour", "always").out


def test_without_colours_a_terminal_has_rules_and_bars(command: Command) -> None:
    command("sim", "up")
    assert "\u2500" in on_a_terminal("sim", "ls", NO_COLOR="1")
    out = on_a_terminal("cast", str(ROOT / "runes" / "sine"), NO_COLOR="1")
    assert "\u2501" in out
    assert "\x1b[3" not in out


@pytest.mark.parametrize("name", ["main", "main_rune", "main_hmr"])
def test_ctrl_c_while_the_command_line_is_loaded_is_no_traceback(name: str) -> None:
    script = (
        "import sys; from runicd import __main__\n"
        "class Slow:\n"
        "  def find_spec(self, module, *_):\n"
        "    if module == 'argparse': raise KeyboardInterrupt\n"
        "sys.modules.pop('argparse', None); sys.meta_path.insert(0, Slow())\n"
        f"sys.exit(__main__.{name}())"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env=command_environment(),
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (130, "")


def test_a_cast_draws_a_bar_on_a_terminal_and_takes_it_away(command: Command) -> None:
    command("sim", "up")
    out = on_a_terminal("cast", str(ROOT / "runes" / "sine"))
    assert "\u2501" in out  # the bar
    assert out.rstrip().endswith("Running: sine (self-test passed)")
    assert "\x1b[?25h" in out  # the cursor is back


def test_following_logs_survives_a_restart_of_the_board(command: Command) -> None:
    command("sim", "up")
    process = following_logs()
    time.sleep(0.3)
    command("sim", "restart")
    time.sleep(1.5)
    command("cast", ROOT / "runes" / "sine")
    # What was logged while there was no link is shown, too.
    assert "RunicOS" in process.stdout.readline()
    assert "sine: received" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 130
