"""`runicd bench`: the figures of a Rune, and a board that is afterwards as it was before."""

import json
import re
import wave
from pathlib import Path

import pytest

import runicd
from runicd.simulate import chosen_board
from tests.conftest import Command
from tests.flow.runes import SINE, padded


@pytest.fixture(autouse=True)
def board(command: Command) -> None:
    assert command("sim", "up").code == 0


def rows(command: Command) -> dict[str, dict[str, object]]:
    return {row["name"]: row for row in json.loads(command("ps", "--json").out)}


def test_a_rune_is_cast_measured_and_removed(command: Command) -> None:
    ended = command("bench", SINE, "--calls", "200", "--json")
    assert ended.code == 0, ended.err
    told = json.loads(ended.out)
    assert (told["rune"], told["calls"]) == ("sine", 200)
    assert told["board"].startswith(chosen_board())
    assert ("this machine" if chosen_board() == "unix" else "the emulator") in told["clock"]
    kinds = [stage["kind"] for stage in told["stages"]]
    assert kinds == ["capability", "block", "model", "output", "container"]
    assert all(stage["mean_us"] >= 0 and stage["share"] >= 0 for stage in told["stages"])
    assert told["call"]["mean_us"] > 0
    assert told["call"]["min_us"] <= told["call"]["max_us"]
    assert told["memory"]["ram_bytes"] > 10_000
    assert told["memory"]["heap"]["free"] > 0
    assert rows(command) == {}


def test_nothing_of_a_call_is_missing_from_its_stages(command: Command, tmp_path: Path) -> None:
    """What is in no stage is the container's; stages are timed in some calls, so may exceed it."""
    with wave.open(str(tmp_path / "a.wav"), "wb") as sound:
        sound.setparams((1, 2, 16_000, 0, "NONE", ""))
        sound.writeframes(bytes(32_000))
    assert command("feed", "--sound", "a.wav").code == 0
    ended = command("bench", SINE.parent / "microspeech", "--calls", "40", "--json")
    told = json.loads(ended.out)
    total_us = sum(stage["mean_us"] for stage in told["stages"])
    assert total_us > 0.999 * told["call"]["mean_us"]
    assert sum(stage["share"] for stage in told["stages"]) > 99.9
    model = next(stage for stage in told["stages"] if stage["kind"] == "model")
    assert 0 <= model["min_us"] <= model["mean_us"] <= model["max_us"]


def test_keep_leaves_the_rune_for_the_next(command: Command) -> None:
    assert command("bench", SINE, "--calls", "1", "--keep").code == 0
    assert rows(command)["sine"]["state"] == "waiting"
    again = command("bench", "sine", "--calls", "10")
    assert again.code == 0
    assert re.match(r"sine on [\w-]+ \(.*\), 10 calls", again.out)
    assert "Clock" in again.out
    assert rows(command)["sine"]["calls"] == 13


def test_a_rune_that_runs_goes_on_as_it_did(command: Command) -> None:
    assert command("cast", SINE, "--period", "50").code == 0
    before = rows(command)["sine"]
    assert command("bench", SINE, "--calls", "5").code == 0
    after = rows(command)["sine"]
    assert (after["state"], after["period_ms"], after["sha256"]) == (
        "running",
        50,
        before["sha256"],
    )


def test_what_would_change_the_board_is_refused(command: Command, tmp_path: Path) -> None:
    assert command("cast", SINE, "--period", "0").code == 0
    (tmp_path / "sine.rune").write_bytes(padded(runicd.build(SINE), 20_000).data)
    other = command("bench", "sine.rune")
    assert other.code == 1
    assert "there is another sine; `runicd bench sine` measures that" in other.err
    assert command("stop", "sine").code == 0
    for given in ("sine", SINE):
        stopped = command("bench", given)
        assert stopped.code == 1
        assert (
            "sine is not running (stopped); `runicd start sine --period 0` loads it" in stopped.err
        )
    assert rows(command)["sine"]["state"] == "stopped"


def test_a_sensor_that_is_missing_is_told_with_what_gives_it(command: Command) -> None:
    ended = command("bench", SINE.parent / "microspeech")
    assert ended.code == 3
    assert "no SOUND on this board" in ended.err
    assert "runicd feed --sound FILE" in ended.err
    assert rows(command) == {}


def test_data_that_end_are_told_and_the_rune_is_removed(command: Command, tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "a.wav"), "wb") as sound:
        sound.setparams((1, 2, 16_000, 0, "NONE", ""))
        sound.writeframes(bytes(3200))
    assert command("feed", "--sound", "a.wav", "--once").code == 0
    ended = command("bench", SINE.parent / "microspeech")
    assert ended.code == 5
    assert "the data of SOUND has come to its end" in ended.err
    assert rows(command) == {}


def test_a_rune_that_is_nowhere(command: Command) -> None:
    assert command("bench", "nobody").code == 1
