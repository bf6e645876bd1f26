"""`runicd doctor` finds what is missing or broken and says what to do; `runicd flash` builds."""

import json
import os
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from runicd import cli_doctor, cli_firmware
from runicd.cli_show import Show
from runicd.errors import InputError
from runicd.sim import boards, firmware
from runicos.contract import wire
from tests.conftest import Command, Ended

EMULATED = firmware.boards(emulated=True)
# No firmware but that of unix is looked for: starting all of them would take its time.
ONLY_UNIX = {f"RUNICD_FIRMWARE_{name.upper()}": "/nowhere/firmware.elf" for name in EMULATED}


def findings(ended: Ended) -> dict[str, dict[str, Any]]:
    return {finding["what"]: finding for finding in json.loads(ended.out)}


def test_where_all_is_well_the_code_is_0(command: Command) -> None:
    ended = command("doctor", "--json", **ONLY_UNIX)
    assert ended.code == 0
    found = findings(ended)
    for what in ("runicd", "Python", "cbor2", "make", "state folder", "firmware of unix"):
        assert found[what]["state"] == "ok", what
    assert "link protocol 1" in found["firmware of unix"]["found"]
    missing = found[f"firmware of {EMULATED[0]}"]
    assert (missing["state"], "make firmware" in missing["remedy"]) == ("optional", True)
    assert boards.ids() == []


def test_a_table_says_the_same(command: Command) -> None:
    ended = command("doctor", **ONLY_UNIX)
    assert ended.out.splitlines()[0].split()[:2] == ["What", "State"]
    assert ended.out.splitlines()[-1] == "all is well"
    told = [line.split("  ")[0] for line in ended.out.splitlines()]
    assert len(told) == len(set(told)), "nothing is told twice"


def test_tools_that_are_missing_are_named(command: Command, tmp_path: Path) -> None:
    ended = command("doctor", "--json", PATH=str(tmp_path))
    found = findings(ended)
    assert ended.code == 0
    for what in ("clang", firmware.QEMU, "arm-none-eabi-gcc"):
        assert found[what]["state"] == "optional"
        assert "apt-get install" in found[what]["remedy"]
    assert firmware.QEMU in found[f"firmware of {EMULATED[0]}"]["found"]


def test_without_any_firmware_the_code_is_1(command: Command) -> None:
    ended = command("doctor", "--json", RUNICD_FIRMWARE="/nowhere", **ONLY_UNIX)
    assert ended.code == 1
    assert findings(ended)["firmware"]["state"] == "missing"


def test_a_firmware_that_does_not_start_is_broken(command: Command) -> None:
    ended = command("doctor", "--json", RUNICD_FIRMWARE="/bin/false", **ONLY_UNIX)
    assert ended.code == 1
    broken = findings(ended)["firmware of unix"]
    assert broken["state"] == "broken"
    assert "ended with code 1" in broken["found"]
    assert broken["remedy"] == "`runicd flash --board unix` builds it anew"


@pytest.mark.usefixtures("state_folder")
def test_a_firmware_of_another_protocol_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "PROTOCOL", 99)
    found = cli_doctor._firmware("unix")
    assert (found.state, found.found) == ("broken", "the board speaks protocol 1 and runicd 99")
    assert "runicd flash" in found.remedy
    assert boards.ids() == []


def test_a_state_folder_that_cannot_be_made_is_broken(command: Command) -> None:
    ended = command("doctor", RUNICD_STATE_DIR="/proc/x")
    assert ended.code == 1
    assert "set RUNICD_STATE_DIR" in ended.out + ended.err


def test_boards_that_ended_and_boards_that_answer_are_told(command: Command) -> None:
    command("sim", "up", "-n", "2")
    os.kill(boards.find("unix-2").pid, 9)
    found = findings(command("doctor", "--json", **ONLY_UNIX))
    assert found["unix-1"]["state"] == "ok"
    assert "sim restart unix-2" in found["unix-2"]["remedy"]


def test_flash_builds_and_restarts_the_boards_that_run(command: Command) -> None:
    command("sim", "up")
    before = boards.find("unix-1")
    ended = command("flash", "--board", "unix", timeout_s=110, SKIP_APT="1")
    assert ended.code == 0, ended.err
    assert ended.out.splitlines()[0] == "build/unix/micropython is built"
    assert ended.out.splitlines()[1].startswith("unix-1 is up with it: serial port /dev/")
    assert boards.find("unix-1").pid != before.pid


def test_flash_of_a_real_board_wants_a_checkout_of_micropython(command: Command) -> None:
    ended = command("flash", "--board", "portenta_h7", MPY_DIR="")
    assert ended.code == 2
    assert "portenta_h7 is a real board" in ended.err
    assert "set MPY_DIR to a checkout of MicroPython" in ended.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--board", "nope"), "there is no board 'nope'; choose from "),
        (("--board", "unix", "-t", "nope"), "nope: no such simulated board"),
        ((), "the following arguments are required: --board"),
    ],
)
def test_flash_refuses_what_is_not_there(
    command: Command, arguments: tuple[str, ...], said: str
) -> None:
    ended = command("flash", *arguments)
    assert ended.code in {2, 4}
    assert said in ended.err


def test_flash_does_not_put_firmware_onto_another_board(command: Command) -> None:
    command("sim", "up")
    ended = command("flash", "--board", EMULATED[0], "-t", "unix-1")
    assert ended.code == 2
    assert f"unix-1 is a unix and no {EMULATED[0]}; give --board unix" in ended.err


def test_a_build_that_fails_shows_its_last_lines(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Makefile").write_text("firmware:\n\t@echo no compiler here; exit 3\n")
    with pytest.raises(InputError, match=r"`make firmware BOARD=unix` failed; .*runicd doctor"):
        cli_firmware._make(tmp_path, "unix", Show(Namespace()))
    assert "no compiler here" in capfd.readouterr().err
