"""Outputs that are full, closed, or of another encoding; files that cannot be written whole."""

import os
import resource
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

import pytest

from runicd.cli_show import Show
from runicd.cli_targets import log_line
from runicd.files import write_bytes
from runicd.names import with_target
from tests.board import ROOT
from tests.conftest import Command, command_environment

SINE = ROOT / "runes" / "sine"


def runicd(
    *arguments: str | Path, prepare: Callable[[], None] | None = None, **settings: object
) -> subprocess.CompletedProcess[bytes]:
    """Run a command whose streams and limits are as the settings say."""
    return subprocess.run(
        [sys.executable, "-m", "runicd", *arguments],
        env=command_environment() | dict(settings.pop("environment", {})),
        preexec_fn=prepare,
        check=False,
        **settings,
    )


@pytest.mark.parametrize("arguments", [("version",), ("inspect", SINE)])
def test_a_full_disk_behind_the_output_is_one_line(arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = runicd(*arguments, stdout=full, stderr=subprocess.PIPE)
    assert (ended.returncode, ended.stderr) == (1, b"runicd: No space left on device\n")


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_closed_stream_is_no_error(number: int) -> None:
    ended = runicd("version", prepare=lambda: os.close(number), stdout=None, stderr=None)
    assert ended.returncode == 0


def test_any_name_of_a_file_can_be_shown(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"sine\xe9")
    folder.mkdir()
    for name in ("Runefile", "sine_float.tflite"):
        (folder / name).write_bytes((SINE / name).read_bytes())
    ended = runicd(
        "build", folder, "-o", folder / "out.rune",
        capture_output=True, environment={"LC_ALL": "C.UTF-8", "PYTHONUTF8": "0"},
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"out.rune: sine, " in ended.stdout


def test_help_can_be_shown_in_ascii() -> None:
    ended = runicd("run", "--help", capture_output=True, environment={"PYTHONIOENCODING": "ascii"})
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"--image FILE" in ended.stdout


def small_files_only() -> None:
    """Let a process write no file of more than 500 bytes, as if the disk were full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))


def test_a_rune_that_cannot_be_written_whole_costs_no_older_one(tmp_path: Path) -> None:
    (tmp_path / "out.rune").write_bytes(b"older")
    ended = runicd(
        "build", SINE, "-o", "out.rune",
        prepare=small_files_only, capture_output=True, cwd=tmp_path,
    )  # fmt: skip
    assert ended.returncode == 1
    assert ended.stderr == b"runicd: out.rune: cannot be written (File too large)\n"
    assert (tmp_path / "out.rune").read_bytes() == b"older"
    assert [path.name for path in tmp_path.iterdir()] == ["out.rune"]


def test_a_project_that_cannot_be_written_whole_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("fresh", "empty"):
        ended = runicd("new", name, prepare=small_files_only, capture_output=True, cwd=tmp_path)
        assert ended.returncode == 1
        assert ended.stderr == f"runicd: {name}: cannot be written: File too large\n".encode()
    assert [path.name for path in tmp_path.rglob("*")] == ["empty"]


def test_a_written_file_keeps_its_mode_and_its_links(tmp_path: Path) -> None:
    own, link = tmp_path / "own", tmp_path / "link"
    own.write_bytes(b"old")
    own.chmod(0o640)
    link.symlink_to(own)
    write_bytes(link, b"new")
    assert link.is_symlink()
    assert own.read_bytes() == b"new"
    assert own.stat().st_mode & 0o777 == 0o640


def test_a_device_is_written_to_and_not_replaced(command: Command) -> None:
    assert command("build", SINE, "-o", "/dev/null").code == 0
    assert not Path("/dev/null").is_file()


@pytest.mark.parametrize("verb", ["build", "inspect", "graph", "fmt", "convert", "model-info"])
@pytest.mark.parametrize(("file", "words"), [("/dev/zero", "is larger than"), ("a/b", "no such")])
def test_what_cannot_be_read_is_one_line(
    command: Command, verb: str, file: str, words: str
) -> None:
    ended = command(verb, file)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(f"runicd: {file}: {words}")
    assert ended.err.count("\n") == 1


def test_a_file_whose_reading_fails_is_one_line(command: Command) -> None:
    ended = command("inspect", "/proc/self/mem")
    assert ended.err == "runicd: /proc/self/mem: cannot be read (Input/output error)\n"


def test_what_a_board_says_does_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    show = Show(Namespace())
    show.table(["Name", "Calls"], [["a\x1b[31m\nb", 5]])
    record = {"sequence": 1, "level": "info", "rune": "", "ticks_ms": 1, "boot": 1}
    record["text"] = "\x1b[2J\r"
    show.line(log_line(record, show))
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert out.splitlines()[1] == r"a\x1b[31m\nb      5"
    assert out.endswith(r"-: \x1b[2J\r" + "\n")


@pytest.mark.parametrize("words", ["grant sine", "policy show", "keys trust", "start sine"])
def test_advice_on_a_board_names_the_target_that_was_given(words: str) -> None:
    assert with_target(f"try `runicd {words}`", "hall") == f"try `runicd {words} -t hall`"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Show:
    """Return what prints for a terminal of 40 columns."""
    monkeypatch.setenv("COLUMNS", "40")
    show = Show(Namespace(colour="never"))
    show.terminal = True
    return show


def test_a_table_too_wide_for_the_terminal_is_not_cut(
    terminal: Show, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = ["mps2_an500-1", "SERIAL", "mps2_an500-1, simulated", "/dev/pts/10"]
    terminal.table(["Target", "Type", "Name", "Serial port"], [cells])
    _, _, row = capsys.readouterr().out.splitlines()
    assert [cell.strip() for cell in row.split("  ") if cell] == cells


def test_a_sentence_is_broken_into_lines_that_fit(
    terminal: Show, capsys: pytest.CaptureFixture[str]
) -> None:
    sentence = "short by 4096 bytes of RAM: 8192 needed, 4096 available"
    terminal.table(["Name", "Error"], [["sine", sentence]])
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 40 for line in lines)
    assert " ".join(line[5:].strip() for line in lines[2:]) == sentence


def test_headings_are_broken_where_that_makes_a_table_fit(
    terminal: Show, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.table(
        ["Name", "State", "Period ms", "RAM bytes", "Size"], [["trapping", "on", 5, 6, 7]]
    )
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "                 Period    RAM",
        "Name      State      ms  bytes  Size",
        "─" * 36,
        "trapping  on          5      6     7",
    ]


def test_sentences_follow_a_table_that_has_no_room_for_them(
    terminal: Show, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [["sine", "running", 330, ""], ["trapping", "failed", 6, "[trap] out of " + "x" * 20]]
    terminal.table(["Name", "State", "Calls", "Last error"], rows)
    _, _, *lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[:2]] == [[*map(str, row[:3])] for row in rows]
    assert " ".join(line.strip() for line in lines[2:]) == f"trapping, last error: {rows[1][3]}"


def test_a_number_that_one_row_lacks_leaves_the_column_to_the_right(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = [{"name": "sine", "call_ms": 5000}, {"name": "trapping"}]
    Show(Namespace()).listing(rows, {"name": "Name", "call_ms": "Limit ms"})
    assert capsys.readouterr().out.splitlines()[1] == "sine          5000"


def test_a_bar_counts_what_is_no_bytes(terminal: Show, capsys: pytest.CaptureFixture[str]) -> None:
    for of_bytes in (True, False):
        bar = terminal.bar("Calling", of_bytes=of_bytes)
        bar.update(30, 100)
        bar._progress.console.print(bar._progress.get_renderable())
        bar.close()
        out = capsys.readouterr().out
        assert "30/100" in out
        assert ("bytes" in out) == of_bytes


def test_a_slow_upload_says_how_far_it_is_where_no_bar_is_drawn(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 100.0
    monkeypatch.setattr("runicd.cli_show.time.monotonic", lambda: now_s)
    bars = [
        Show(Namespace(**settings)).bar(label, at_once=at_once)
        for label, at_once, settings in (
            ("Feeding", True, {"json": True}),
            ("Installing", False, {}),
            ("Recording", True, {"quiet": 1}),
        )
    ]
    for done in (0, 500, 1000, 1500, 2000):
        for bar in bars:
            bar.update(done, 2000)
        now_s += 6
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        "Feeding: 0 of 2,000 bytes",
        "Feeding: 1,000 of 2,000 bytes",
        "Installing: 1,000 of 2,000 bytes",
    ]
