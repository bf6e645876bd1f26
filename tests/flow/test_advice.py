"""What messages advise can be done as it stands: boards by name, `-t` where it was given."""

from __future__ import annotations

import re
import shlex

import pytest

from tests.conftest import Command
from tests.flow.runes import DIGITS, SINE

GIVES = "`runicd feed --image FILE -t kitchen` gives it that"


@pytest.fixture
def kitchen(command: Command) -> None:
    """Start a board of that name, and another beside it."""
    assert command("sim", "up", "--name", "kitchen").out.startswith("kitchen is up: ")
    assert command("sim", "up", "--name", "hall-2").code == 0


def follow_advice(text: str) -> list[str]:
    """Return the words after `runicd` of a message's command."""
    return shlex.split(re.findall(r"`runicd ([^`]*)`", text)[0])


@pytest.mark.usefixtures("kitchen")
def test_boards_are_called_by_their_names_everywhere(command: Command) -> None:
    several = command("ps")
    # The name of the other looks like an id, which it is not.
    assert re.search(r"choose with -t: kitchen, \w+-2$", several.err)
    assert "kitchen" in command("targets", "ls").out.split()
    assert "Deploying" in (cast := command("cast", SINE, "-t", "kitchen")).out
    assert f"Deploying {SINE} to target kitchen" in cast.out
    assert "Preflight on kitchen: OK" in cast.out
    wrong = command("call", "nosuch", "-t", "kitchen")
    assert wrong.err.startswith("runicd: kitchen: there is no Rune named nosuch on the board; ")
    assert "sine" in command(*follow_advice(wrong.err)).out
    assert command("sim", "restart", "kitchen").out.startswith("kitchen is up: ")
    assert command("sim", "down", "kitchen").out == "kitchen is down\n"


@pytest.mark.usefixtures("kitchen")
@pytest.mark.parametrize("verb", ["cast", "bench"])
def test_a_sensor_that_a_simulated_board_lacks_can_be_given_as_advised(
    command: Command, verb: str
) -> None:
    ended = command(verb, DIGITS, "-t", "kitchen")
    assert ended.code == 3
    assert GIVES in ended.err
    words = [
        str(DIGITS / "samples") if word == "FILE" else word for word in follow_advice(ended.err)
    ]
    assert command(*words).code == 0
    assert command(verb, DIGITS, "-t", "kitchen").code == 0


@pytest.mark.usefixtures("kitchen")
def test_a_rune_that_lost_its_sensor_is_told_so_when_it_is_started(command: Command) -> None:
    at = ("-t", "kitchen")
    assert command("feed", "--image", DIGITS / "samples", *at).code == 0
    assert command("cast", DIGITS, "--period", "0", *at).code == 0
    assert command("stop", "digits", *at).code == 0
    assert command("feed", "--clear", *at).code == 0
    ended = command("start", "digits", *at)
    assert ended.code == 3
    assert GIVES in ended.err
    assert "  - no IMAGE on this board; it has RAND" in ended.err


@pytest.mark.usefixtures("kitchen")
def test_a_rune_that_is_stopped_is_measured_as_advised(command: Command) -> None:
    at = ("-t", "kitchen")
    assert command("cast", SINE, *at).code == 0
    assert command("stop", "sine", *at).code == 0
    ended = command("bench", "sine", *at)
    assert ended.err == (
        "runicd: kitchen: sine is not running (stopped); "
        "`runicd start sine --period 0 -t kitchen` loads it\n"
    )
    assert command(*follow_advice(ended.err)).code == 0
    assert command("bench", "sine", "--calls", "5", *at).code == 0


def test_run_takes_the_sensor_itself(command: Command) -> None:
    ended = command("run", DIGITS)
    assert ended.err.startswith(
        "runicd: digits cannot run on the simulated board; give --image FILE\n"
    )
