"""Grants from the command line: refused, asked for at a terminal, given, taken back."""

import json
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
from tests.device.runes import manifest_of, with_manifest

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


def test_nobody_to_ask_lets_it_wait_for_its_grant(
    asking: str, command: Command, rune: Path
) -> None:
    for _ in range(2):
        ended = command("cast", rune, "-t", asking)
        assert ended.code == 3 and "waits for a grant" in ended.err
        assert "RAND: takes random numbers" in ended.err and "`runicd grant sine" in ended.err
    (row,) = json.loads(command("ps", "--json", "-t", asking).out)
    assert row["state"] == "waiting for a grant"
    assert [words.partition(":")[0] for words in row["waiting"]["wants"]] == ["RAND", "SERIAL"]
    assert command("start", "sine", "-t", asking).code == 3
    # Now with its grant: nothing is sent again.
    ended = command("cast", rune, "-t", asking, "--grant", "SERIAL,RAND", "--json")
    assert ended.code == 0, ended.err
    done = json.loads(ended.out)
    assert done["sent_bytes"] == 0 and done["self_test"] == "passed"
    assert done["asks"][0].startswith("RAND: takes random numbers")
    assert any(text.startswith("memory: ") for text in done["asks"])
    assert done["asks"][-1].startswith("time: ")
    # It keeps its grant.
    assert command("cast", rune, "-t", asking).code == 0


def test_a_first_version_that_is_granted_a_part_waits_for_the_rest(
    asking: str, command: Command, rune: Path
) -> None:
    # A kind that it does not ask for grants nothing; what waits there is not sent again.
    for kinds, left in (("SOUND", ["RAND", "SERIAL"]), ("SERIAL", ["RAND"]), ("SERIAL", ["RAND"])):
        ended = command("cast", rune, "-t", asking, "--grant", kinds)
        assert ended.code == 3 and "waits for a grant" in ended.err
        assert [kind for kind in ("RAND", "SERIAL") if f"for {kind}:" in ended.err] == left
        (row,) = json.loads(command("ps", "--json", "-t", asking).out)
        assert row["state"] == "waiting for a grant"
        assert [words.partition(":")[0] for words in row["waiting"]["wants"]] == left
    # What it advises works.
    assert f"`runicd grant sine -t {asking}` grants it" in ended.err
    ended = command("grant", "sine", "-t", asking)
    assert ended.code == 0 and "Running: sine" in ended.out


def test_a_part_of_a_grant_does_not_send_the_version_that_had_it(
    asking: str, command: Command, rune: Path
) -> None:
    assert command("cast", rune, "-t", asking, "--yes").code == 0
    assert command("revoke", "sine", "-t", asking).code == 0
    ended = command("cast", rune, "-t", asking, "--grant", "SERIAL")
    assert ended.code == 3 and "sine needs a grant" in ended.err and "SERIAL:" not in ended.err


def test_a_policy_starts_what_waits_with_the_period_of_its_cast(
    asking: str, command: Command, rune: Path, tmp_path: Path
) -> None:
    for period_ms in ("100", "250"):
        # What waits there already is not sent again.
        assert command("cast", rune, "-t", asking, "--period", period_ms).code == 3
    (tmp_path / "allow.toml").write_text('default = "allow"\n')
    ended = command("policy", "set", "allow.toml", "-t", asking)
    assert ended.code == 0, ended.err
    assert "sine waited for a grant, and runs: the policy allows it" in ended.out
    (row,) = json.loads(command("ps", "--json", "-t", asking).out)
    assert (row["waiting"], row["period_ms"]) == (None, 250)


def newer(rune: Path, path: Path, bytes_per_s: int) -> Path:
    """A version that writes more in a second."""
    data = rune.read_bytes()
    output = manifest_of(data)["outputs"][0] | {"bytes_per_s": bytes_per_s}
    path.write_bytes(with_manifest(data, release="2.0.0", outputs=[output]))
    return path


def test_a_version_that_asks_for_more_is_granted_by_name(
    asking: str, command: Command, rune: Path, tmp_path: Path
) -> None:
    assert command("cast", rune, "-t", asking, "--yes").code == 0
    more = newer(rune, tmp_path / "more.rune", 9_999)
    ended = command("cast", more, "-t", asking)
    assert ended.code == 3 and "at most 9,999 bytes a second" in ended.err
    listed = command("ps", "-t", asking).out
    assert "Waiting for a grant" in listed and "2.0.0: SERIAL: writes results" in listed
    assert command("call", "sine", "-t", asking).code == 0
    ended = command("grant", "sine", "RAND", "-t", asking)
    assert ended.code == 3 and "sine still waits for a grant" in ended.err
    ended = command("grant", "sine", "-t", asking, "--period", "0")
    assert ended.code == 0, ended.err
    assert "Running: sine 2.0.0 (self-test passed)" in ended.out
    (row,) = json.loads(command("ps", "--json", "-t", asking).out)
    assert (row["release"], row["waiting"], row["period_ms"]) == ("2.0.0", None, 0)


def test_a_version_that_waits_is_dropped(
    asking: str, command: Command, rune: Path, tmp_path: Path
) -> None:
    assert command("cast", rune, "-t", asking, "--yes").code == 0
    none = command("revoke", "sine", "--waiting", "-t", asking)
    assert none.code == 1 and "no version of sine waits" in none.err
    command("cast", newer(rune, tmp_path / "more.rune", 9_999), "-t", asking)
    wrong = command("revoke", "sine", "RAND", "--waiting", "-t", asking)
    assert wrong.code == 2 and "--waiting takes no kinds" in wrong.err
    ended = command("revoke", "sine", "--waiting", "-t", asking)
    assert ended.code == 0 and "waited for a grant is gone" in ended.out
    assert command("call", "sine", "-t", asking).code == 0
    # The same version is not kept for a grant that it had.
    assert command("revoke", "sine", "RAND", "-t", asking).code == 0
    ended = command("cast", rune, "-t", asking)
    assert ended.code == 3 and "sine needs a grant" in ended.err


def test_yes_grants_and_revoke_stops(asking: str, command: Command, rune: Path) -> None:
    assert command("cast", rune, "-t", asking, "--yes").code == 0
    ended = command("revoke", "sine", "RAND", "-t", asking)
    assert ended.code == 0 and "sine is stopped" in ended.err
    ended = command("start", "sine", "-t", asking)
    assert ended.code == 3 and "not granted" in ended.err
    granted = command("grant", "sine", "RAND", "-t", asking)
    assert granted.code == 0 and "sine runs again" in granted.out
    assert command("call", "sine", "-t", asking).code == 0


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


def test_what_a_policy_stops_is_told_with_the_reason(
    cable: str, command: Command, rune: Path, tmp_path: Path
) -> None:
    def set_policy(text: str) -> str:
        (tmp_path / "policy.toml").write_text(text)
        ended = command("policy", "set", "policy.toml", "-t", cable)
        assert ended.code == 0, ended.err
        return ended.err

    assert command("cast", rune, "-t", cable).code == 0
    told = set_policy('default = "deny"\n')
    assert "sine is stopped: the board's policy (its default) denies RAND to sine" in told
    assert "grant" not in told
    assert set_policy('default = "allow"\n') == ""
    told = set_policy(ASK)
    assert "sine is stopped: sine asks for RAND" in told
    assert f"`runicd grant sine -t {cable}` grants it" in told
    # Whatever it was, who signed it counts as well.
    unsigned = 'default = "allow"\nunsigned = "allow"\n'
    assert set_policy(unsigned) == ""
    assert command("build", ROOT / "runes" / "sine", "--unsigned", "-o", "bare.rune").code == 0
    assert command("cast", "bare.rune", "-t", cable).code == 0
    # It is on trial, and the one before it is signed.
    told = set_policy('default = "allow"\n')
    assert told.startswith("runicd: sine went back to its version 0.1.0") and "stopped" not in told
    set_policy(unsigned)
    command("rm", "sine", "-t", cable)
    assert command("cast", "bare.rune", "-t", cable).code == 0
    told = set_policy('default = "allow"\n')
    assert "sine is stopped: sine is not signed, and this board takes signed Runes only" in told


def test_a_grant_under_a_policy_that_denies_says_that_nothing_runs(
    cable: str, command: Command, rune: Path, tmp_path: Path
) -> None:
    assert command("cast", rune, "-t", cable).code == 0
    (tmp_path / "deny.toml").write_text('default = "deny"\n')
    assert command("policy", "set", "deny.toml", "-t", cable).code == 0
    ended = command("grant", "sine", "-t", cable)
    assert ended.code == 3 and "sine may not run, whatever it is granted" in ended.err
    assert "the board's policy (its default) denies RAND to sine" in ended.err
    assert "sine is granted RAND" in ended.out


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
    dialogue.expect_exact("Asks for RAND: takes random numbers")
    dialogue.expect("Asks for memory: [0-9,]+ bytes of RAM")
    dialogue.expect_exact("Asks for time: each call as long as the board lets a call take")
    dialogue.expect_exact("sine wants to use this board:")
    dialogue.expect_exact("SERIAL: writes results to the serial line, at most")
    dialogue.expect_exact("Grant it? [y/N] ")
    dialogue.sendline(answer)
    dialogue.expect_exact("Running: sine" if code == 0 else "is not granted what it needs")
    dialogue.expect(pexpect.EOF)
    dialogue.close()
    assert dialogue.exitstatus == code


def test_the_prompt_lists_each_demand_on_a_line_of_its_own(asking: str, rune: Path) -> None:
    dialogue = pexpect.spawn(
        sys.executable,
        ["-m", "runicd", "cast", str(rune), "-t", asking],
        env=command_environment(),
        encoding="utf-8",
        timeout=30,
        dimensions=(40, 120),
    )
    dialogue.expect_exact("sine wants to use this board:")
    dialogue.expect_exact("Grant it? [y/N] ")
    lines = dialogue.before.splitlines()
    dialogue.sendline("n")
    dialogue.expect(pexpect.EOF)
    dialogue.close()
    assert [line.partition(":")[0] for line in lines] == ["", "  RAND", "  SERIAL"]


def test_wrong_words_are_told(asking: str, command: Command, rune: Path) -> None:
    ended = command("grant", "nothing", "-t", asking)
    assert ended.code == 1 and "nothing" in ended.err
    ended = command("grant", "nothing.rune", "-t", asking)
    assert ended.code == 1 and "nothing.rune" in ended.err
    ended = command("grant", rune, "SMELL", "-t", asking)
    assert ended.code == 2 and "there is no kind 'SMELL'" in ended.err
    ended = command("grant", rune, "SOUND", "-t", asking)
    assert ended.code == 2 and "does not ask for SOUND" in ended.err


@pytest.mark.parametrize("kinds", ["FOO", "", "SERIAL,", "SERIAL,FOO"])
def test_kinds_that_are_none_are_refused_before_anything_is_sent(
    command: Command, rune: Path, kinds: str
) -> None:
    # Not even a board is looked for, and it would allow all.
    for words in (
        ("cast", rune, "--grant", kinds),
        ("grant", rune, kinds),
        ("revoke", "x", kinds),
    ):
        ended = command(*words, "-t", "nowhere-1")
        assert ended.code == 2 and "there is no kind '" in ended.err


def test_revoking_of_a_name_that_is_nowhere_writes_nothing(cable: str, command: Command) -> None:
    ended = command("revoke", "nosuch", "-t", cable)
    assert ended.code == 1
    (line,) = ended.err.splitlines()
    assert "there is no Rune named nosuch on the board" in line
