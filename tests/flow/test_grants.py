"""Grants from the command line: refused, asked for at a terminal, given, taken back."""

import sys
from pathlib import Path

import pexpect
import pytest

from runicd.runefile.build import build
from runicd.sim import boards, firmware
from runicd.sim.boards import Options
from runicd.simulate import chosen_board
from tests.board import ROOT
from tests.conftest import Command, command_environment

ASK = 'default = "ask"\n'


@pytest.fixture
def cable(state_folder: Path) -> str:
    """A simulated board's serial line: who holds it is the owner."""
    return boards.start(firmware.find(chosen_board()), Options()).pty


@pytest.fixture
def rune(tmp_path: Path) -> Path:
    path = tmp_path / "sine.rune"
    path.write_bytes(build(ROOT / "runes" / "sine").data)
    return path


@pytest.fixture
def asking(cable: str, command: Command, tmp_path: Path) -> str:
    """The same, of a board that asks."""
    (tmp_path / "ask.toml").write_text(ASK)
    ended = command("policy", "set", "ask.toml", "-t", cable)
    assert ended.code == 0, ended.err
    return cable


def test_nobody_to_ask_is_one_line_and_nothing_is_sent(
    asking: str, command: Command, rune: Path
) -> None:
    ended = command("cast", rune, "-t", asking)
    assert ended.code == 3
    assert "sine needs a grant" in ended.err and "RAND: takes random numbers" in ended.err
    assert command("ps", "--json", "-t", asking).out.strip() == "[]"
    ended = command("cast", rune, "-t", asking, "--grant", "SERIAL")
    assert ended.code == 3 and "RAND" in ended.err and "SERIAL:" not in ended.err
    assert command("cast", rune, "-t", asking, "--grant", "SERIAL,RAND").code == 0
    # It keeps its grant.
    assert command("cast", rune, "-t", asking).code == 0


def test_yes_grants_and_revoke_stops(asking: str, command: Command, rune: Path) -> None:
    assert command("cast", rune, "-t", asking, "--yes").code == 0
    ended = command("revoke", "sine", "RAND", "-t", asking)
    assert ended.code == 0 and "sine is stopped" in ended.err
    ended = command("start", "sine", "-t", asking)
    assert ended.code == 3 and "not granted" in ended.err
    assert command("grant", rune, "RAND", "-t", asking).code == 0
    assert command("start", "sine", "-t", asking).code == 0


def test_a_denying_policy_refuses_even_a_yes(
    cable: str, command: Command, rune: Path, tmp_path: Path
) -> None:
    text = 'default = "allow"\n[[rule]]\neffect = "deny"\nkinds = ["RAND"]\n'
    (tmp_path / "deny.toml").write_text(text)
    assert command("policy", "set", "deny.toml", "-t", cable).code == 0
    ended = command("cast", rune, "-t", cable, "--yes")
    assert ended.code == 3 and "policy (rule 1) denies RAND to sine" in ended.err
    ended = command("policy", "check", rune, "deny.toml")
    assert ended.code == 3 and "deny" in ended.out and "rule 1" in ended.out
    assert 'effect = "deny"' in command("policy", "show", "-t", cable).out


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("", 3), ("n", 3)])
def test_a_terminal_is_asked(asking: str, rune: Path, answer: str, code: int) -> None:
    dialogue = pexpect.spawn(
        sys.executable,
        ["-m", "runicd", "cast", str(rune), "-t", asking],
        env=command_environment(),
        encoding="utf-8",
        timeout=30,
        dimensions=(40, 120),
    )
    dialogue.expect_exact("sine wants to use this board:")
    dialogue.expect_exact("SERIAL: writes results to the serial line, at most")
    dialogue.expect_exact("Grant it? [y/N] ")
    dialogue.sendline(answer)
    dialogue.expect_exact("Running: sine" if code == 0 else "is not granted what it needs")
    dialogue.expect(pexpect.EOF)
    dialogue.close()
    assert dialogue.exitstatus == code


def test_wrong_words_are_told(asking: str, command: Command, rune: Path) -> None:
    ended = command("grant", rune, "SMELL", "-t", asking)
    assert ended.code == 2 and "there is no kind SMELL" in ended.err
    ended = command("grant", rune, "SOUND", "-t", asking)
    assert ended.code == 2 and "does not ask for SOUND" in ended.err
