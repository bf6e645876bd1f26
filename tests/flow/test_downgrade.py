"""Older files and their owner: `build --security-counter`, `cast --downgrade`."""

import json
from pathlib import Path

import pytest

import runicd
from runicd.errors import InputError
from runicd.simulate import chosen_board
from tests.conftest import Command
from tests.flow.runes import SINE


def built(command: Command, release: str, counter: int) -> str:
    """The file of a version of sine."""
    file = f"sine-{release}-{counter}.rune"
    more = ("--release", release, "--security-counter", str(counter))
    assert command("build", SINE, "-o", file, *more).code == 0
    return file


def confirmed(command: Command, file: str, *options: str) -> None:
    cast = command("cast", file, "--period", "0", *options)
    assert cast.code == 0, cast.err
    assert command("call", "sine", "-n", "3").code == 0


def test_an_owner_downgrades_a_rune(command: Command) -> None:
    command("sim", "up")
    old, new = built(command, "1.0.0", 1), built(command, "1.1.0", 1)
    confirmed(command, new)
    refused = command("cast", old)
    assert refused.code in (3, 5)
    assert "sine 1.0.0 would go back behind 1.1.0" in refused.err
    assert "`runicd cast RUNE --downgrade` takes a lower release" in refused.err
    assert json.loads(command("ps", "--json").out)[0]["release"] == "1.1.0"
    confirmed(command, old, "--downgrade")
    assert json.loads(command("ps", "--json").out)[0]["release"] == "1.0.0"


def test_no_order_lowers_the_security_counter(command: Command) -> None:
    command("sim", "up")
    confirmed(command, built(command, "1.0.0", 2))
    refused = command("cast", built(command, "1.0.1", 1), "--downgrade")
    assert refused.code in (3, 5)
    assert "sine with security counter 1 would go back behind security counter 2" in refused.err


def test_a_downgrade_that_the_counter_forbids_lowers_no_release(command: Command) -> None:
    """The floor came down before the cast was refused, and other old files were taken."""
    command("sim", "up")
    confirmed(command, built(command, "1.5.0", 2))
    assert command("cast", built(command, "1.2.0", 1), "--downgrade").code in (3, 5)
    refused = command("cast", built(command, "1.3.0", 2))
    assert "sine 1.3.0 would go back behind 1.5.0" in refused.err


@pytest.mark.skipif(chosen_board() != "unix", reason="emulated boards are held by their cable")
def test_over_a_network_only_an_owner_downgrades(command: Command, state_folder: Path) -> None:
    command("sim", "up")
    old, new = built(command, "1.0.0", 0), built(command, "1.1.0", 0)
    confirmed(command, new)
    # The next default key is one that the board does not know.
    (state_folder / "keys" / "default.key").unlink()
    refused = command("cast", old, "--downgrade")
    assert refused.code != 0
    assert "no owner's of this board" in refused.err
    assert "would go back behind 1.1.0" in command("cast", old).err


def test_inspect_shows_the_counter(command: Command) -> None:
    assert "counter 7" in command("inspect", built(command, "1.0.0", 7)).out
    told = json.loads(command("inspect", built(command, "1.0.0", 3), "--json").out)
    assert told["security_counter"] == 3
    assert "counter" not in command("inspect", built(command, "1.0.0", 0)).out


def test_a_runefile_states_the_counter(tmp_path: Path) -> None:
    manifest = runicd.build(SINE, security_counter=5).manifest
    assert manifest is not None
    assert manifest["security_counter"] == 5
    plain = runicd.build(SINE).manifest
    assert plain is not None
    assert "security_counter" not in plain
    with pytest.raises(InputError, match="a security counter is 0 to"):
        runicd.build(SINE, security_counter=-1)
