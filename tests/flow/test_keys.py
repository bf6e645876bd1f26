"""Keys and boards: whom simulated boards trust, and how that changes."""

import json
import re
from pathlib import Path

import pytest

import runicd
from runicd.keys import files
from runicd.simulate import chosen_board
from runicos.contract.signature import key_id
from tests.conftest import Command
from tests.flow.runes import SINE


def trusted(command: Command) -> list[str]:
    target = f"{chosen_board()}-1"
    return [row["name"] for row in json.loads(command("keys", "ls", "-t", target, "--json").out)]


def test_the_readmes_way_needs_no_word_about_keys(command: Command, state_folder: Path) -> None:
    (state_folder / "keys" / "default.key").unlink()
    assert command("build", SINE, "-o", "sine.rune").code == 0
    command("sim", "up")
    cast = command("cast", "sine.rune")
    assert cast.code == 0, cast.err
    # An emulated board has but a cable: the first cast is what tells it whom to trust.
    enrolled = "The board trusted no key yet; now it trusts default" in cast.out
    assert enrolled is (chosen_board() != "unix")
    assert trusted(command) == ["default"]


def test_a_rune_of_a_stranger_is_refused_until_the_key_is_trusted(
    command: Command, tmp_path: Path
) -> None:
    command("sim", "up")
    command("cast", SINE, "--period", "0")
    files.new("stranger")
    (tmp_path / "new.rune").write_bytes(runicd.build(SINE, key="stranger").data)
    refused = command("cast", "new.rune")
    assert refused.code == 3
    assert "does not trust key" in refused.err
    # What is advised can be run as it stands.
    advised = re.search(r"`runicd (keys trust [0-9a-f]{16})` makes it", refused.err)
    assert advised, refused.err
    assert command(*advised[1].split()).code == 0
    assert command("keys", "trust", "stranger", "--runes", "sine,kws*").code == 0
    assert trusted(command) == ["default", "stranger"]
    assert command("cast", "new.rune", "--period", "0").code == 0
    assert command("keys", "revoke", "stranger").code == 0
    row = json.loads(command("ps", "--json").out)[0]
    assert row["state"] == "failed"
    assert trusted(command) == ["default"]


def test_a_key_that_is_to_be_revoked_is_not_advised_to_be_trusted(command: Command) -> None:
    command("sim", "up")
    target = f"{chosen_board()}-1"
    for key in ("nobody", "0123456789abcdef"):
        refused = command("keys", "revoke", key)
        assert refused.code != 0
        assert f"; `runicd keys ls -t {target}` lists what the board trusts" in refused.err
        assert "keys trust" not in refused.err
        assert "keys new" not in refused.err


def test_a_ninth_key_and_one_of_small_order_are_not_blamed_on_versions(
    command: Command, tmp_path: Path
) -> None:
    command("sim", "up")
    if chosen_board() != "unix":
        command("cast", SINE, "--period", "0")
    (tmp_path / "weak.pub").write_text(f"runicd-ed25519 {bytes(32).hex()} weak")
    weak = command("keys", "trust", "weak.pub")
    assert weak.code == 3
    assert f": the board refuses key {key_id(bytes(32)).hex()}: that is no public key" in weak.err
    for number in range(7):
        files.new(f"key{number}")
        assert command("keys", "trust", f"key{number}").code == 0
    files.new("ninth")
    full = command("keys", "trust", "ninth")
    assert full.code == 1
    assert "it trusts 8 keys already, and keeps no more; revoke one first: `runicd" in full.err
    assert "update" not in weak.err + full.err
    # One that is there takes no other place.
    assert command("keys", "trust", "key0", "--runes", "sine").code == 0
    assert command("keys", "revoke", "key0").code == 0
    assert command("keys", "trust", "ninth").code == 0


def test_an_owner_and_a_limited_key_do_not_look_the_same(command: Command) -> None:
    command("sim", "up")
    if chosen_board() != "unix":
        command("cast", SINE, "--period", "0")
    files.new("team")
    for options, told, logged in (
        ((), "team: an owner's, without limits", "team, an owner's"),
        (
            ("--runes", "sine,kws*", "--capabilities", "RAND"),
            "team: only for Runes named sine, kws*, with no capability but RAND",
            "team, for sine, kws*, with RAND",
        ),
        (("--runes", "sine"), "only for Runes named sine, with all", "team, for sine"),
        (("--capabilities", "RAND"), "for all Runes, with no", "team, with RAND"),
    ):
        assert told in command("keys", "trust", "team", *options).out
        assert command("logs").out.splitlines()[-1].endswith(logged)
    assert json.loads(command("keys", "trust", "team", "--json").out)["runes"] is None


@pytest.mark.skipif(chosen_board() != "unix", reason="emulated boards are held by their cable")
def test_over_a_network_only_an_owner_is_obeyed(command: Command) -> None:
    command("sim", "up")
    files.new("other")
    refused = command("keys", "trust", "other", "--key", "other")
    assert refused.code != 0
    assert "no owner's of this board; its owner can change that, with `--key` or" in refused.err
    assert trusted(command) == ["default"]


@pytest.mark.skipif(chosen_board() != "unix", reason="emulated boards are held by their cable")
def test_who_takes_a_boards_last_owner_away_is_told_so(command: Command) -> None:
    files.new("team")
    command("sim", "up")
    warning = "trusts no owner's key any more: over a network it obeys nobody; over its cable"
    first = command("keys", "revoke", "team", "--json")
    assert (json.loads(first.out)["has_owner"], warning in first.err) == (True, False)
    assert warning not in command("keys", "trust", "team").err
    assert warning not in command("keys", "revoke", "team").err
    last = command("keys", "revoke", "default")
    assert last.code == 0
    assert warning in last.err
    listed = command("keys", "ls", "-t", "unix-1").out
    assert "no key; `runicd keys trust default -t unix-1` makes it trust yours" in listed
    refused = command("keys", "trust", "default")
    assert refused.code == 3
    assert "with `--key` or over its cable: docs/keys.md" in refused.err


@pytest.mark.skipif(chosen_board() != "unix", reason="emulated boards are held by their cable")
def test_limits_on_a_boards_last_owner_are_told_to_be_that(command: Command) -> None:
    command("sim", "up")
    limited = command("keys", "trust", "default", "--runes", "sine")
    assert limited.code == 0
    assert "trusts no owner's key any more" in limited.err


def test_an_unsigned_rune_is_refused_with_the_remedy(command: Command) -> None:
    assert command("build", SINE, "-o", "sine.rune", "--unsigned").code == 0
    command("sim", "up")
    refused = command("cast", "sine.rune")
    assert refused.code == 3
    assert "sine is not signed" in refused.err
    assert "; `runicd sign sine.rune` signs it" in refused.err
    assert command("sign", "sine.rune").code == 0
    assert command("cast", "sine.rune").code == 0


@pytest.mark.skipif(chosen_board() != "unix", reason="emulated boards are held by their cable")
def test_an_owner_grants_and_revokes_over_a_network(command: Command, tmp_path: Path) -> None:
    command("sim", "up")
    files.new("other")
    (tmp_path / "ask.toml").write_text('default = "ask"\nunsigned = "allow"\n')
    stranger = ("--key", "other")
    assert "no owner's" in command("policy", "set", "ask.toml", *stranger).err
    assert command("policy", "set", "ask.toml").code == 0
    assert command("build", SINE, "-o", "sine.rune", "--unsigned").code == 0
    assert command("cast", "sine.rune", "--period", "0").code == 3
    assert "no owner's" in command("grant", "sine", *stranger).err
    granted = command("grant", "sine")
    assert granted.code == 0, granted.err
    assert command("call", "sine").code == 0
    assert "no owner's" in command("revoke", "sine", *stranger).err
    assert command("revoke", "sine").code == 0
    assert json.loads(command("ps", "--json").out)[0]["state"] == "stopped"
    assert command("cast", "sine.rune", "--period", "0", "--yes").code == 0
    (tmp_path / "ask.toml").write_text('default = "allow"\nunsigned = "deny"\n')
    assert command("policy", "set", "ask.toml").code == 0
    row = json.loads(command("ps", "--json").out)[0]
    assert row["state"] == "failed"
    assert "is not signed" in row["error"]
