"""The user's keys, and what they sign: made, locked, found, and told by `inspect`."""

import json
import os
import stat
from pathlib import Path

import pytest

import runicd
from runicd.errors import InputError, RuneFormatError
from runicd.inspect import inspect_rune, render
from runicd.keys import board as boards
from runicd.keys import files, limits
from runicd.keys.sign import sign, signer, unsigned
from runicd.runefile.emit_wasm import custom_section
from runicd.runefile.read_rune import read_rune
from runicos.contract import cbor, errors, signature
from runicos.contract.sentences import sentence
from tests.board import ROOT
from tests.conftest import Command

SINE = ROOT / "runes" / "sine"
pytestmark = pytest.mark.usefixtures("state_folder")


@pytest.fixture
def no_keys(state_folder: Path) -> Path:
    """Leave the user without any key."""
    (state_folder / "keys" / "default.key").unlink()
    return state_folder / "keys"


def test_the_first_build_makes_a_key_and_says_so(command: Command, no_keys: Path) -> None:
    first = command("build", SINE, "-o", "sine.rune")
    key = files.default()
    assert first.out.splitlines()[0] == f"made key default ({key.id.hex()}): {key.path}"
    second = command("build", SINE, "-o", "again.rune")
    assert "made key" not in second.out + second.err
    found = command("inspect", "sine.rune").out
    assert f"default (key {key.id.hex()}), valid" in found
    assert stat.S_IMODE(key.path.stat().st_mode) == 0o600
    assert key.path.parent == no_keys


def test_the_same_rune_and_key_give_the_same_bytes() -> None:
    first, second = runicd.build(SINE), runicd.build(SINE)
    assert first.data == second.data
    other = runicd.build(SINE, key=files.new("other").name)
    assert other.data != first.data
    assert unsigned(other.data) == runicd.build(SINE, unsigned=True).data


def test_sign_puts_one_signature_in_the_place_of_another(command: Command, tmp_path: Path) -> None:
    plain = runicd.build(SINE, unsigned=True).data
    (tmp_path / "a.rune").write_bytes(plain)
    team = files.new("team")
    assert command("sign", "a.rune", "-o", "b.rune").code == 0
    told = json.loads(command("sign", "b.rune", "--key", "team", "--json").out)
    assert (told["name"], told["key"]) == ("team", team.id.hex())
    assert (tmp_path / "b.rune").read_bytes() == sign(plain, team)
    assert (tmp_path / "a.rune").read_bytes() == plain


def test_inspect_tells_a_forger_from_a_stranger_and_from_nobody(state_folder: Path) -> None:
    data = runicd.build(SINE).data
    at = data.index(b"0.1.0")
    forged = data[:at] + b"0.9.0" + data[at + 5 :]
    assert signer(data).valid is True
    assert signer(forged).valid is False
    assert "NOT VALID" in render(inspect_rune(forged))
    (state_folder / "keys" / "default.key").unlink()
    assert signer(data).valid is None
    assert "none of yours: not checked" in render(inspect_rune(data))
    assert "Signed by      nobody" in render(inspect_rune(unsigned(data)))


def test_sign_does_not_launder_a_changed_file(command: Command, tmp_path: Path) -> None:
    data = runicd.build(SINE).data
    at = data.index(b"0.1.0")
    forged = data[:at] + b"0.9.0" + data[at + 5 :]
    path = tmp_path / "forged.rune"
    path.write_bytes(forged)
    files.new("team")
    for key in ("default", "team"):
        refused = command("sign", "forged.rune", "--key", key)
        assert refused.code == 1
        assert "forged.rune: the signature of default (key " in refused.err
        assert path.read_bytes() == forged
    # Only the signature is damaged: that cannot be told from a changed file.
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert command("sign", "forged.rune").code == 1
    path.write_bytes(forged)
    assert command("sign", "forged.rune", "--changed").code == 0
    assert signer(path.read_bytes()).valid is True


def test_sign_names_a_file_that_is_no_rune(command: Command, tmp_path: Path) -> None:
    (tmp_path / "broken.rune").write_bytes(b"rubbish")
    refused = command("sign", "broken.rune")
    assert refused.code == 1
    assert refused.err.startswith("runicd: broken.rune: the file is no WebAssembly")


@pytest.mark.parametrize("content", [b"# Read me", b"x" * 5000, b"runicd-ed25519 00 team"])
def test_trust_says_what_makes_a_public_key_where_a_file_is_none(
    command: Command, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "README.md").write_bytes(content)
    refused = command("keys", "trust", "README.md", "-t", "nowhere")
    assert refused.code == 1
    assert "README.md: " in refused.err
    assert "; `runicd keys export KEY -o FILE` writes one" in refused.err


@pytest.mark.parametrize("name", ["nobody", "nofile.pub"])
def test_a_key_that_is_to_be_trusted_is_not_made_for_that(command: Command, name: str) -> None:
    refused = command("keys", "trust", name, "-t", "nowhere")
    assert refused.code == 1
    assert (
        f"there is no key '{name}'; and no such file; where the key is, `runicd keys export"
        in (refused.err)
    )
    assert "keys new" not in refused.err


def test_no_error_advises_to_make_a_key_of_an_impossible_name(command: Command) -> None:
    refused = command("keys", "show", "../team")
    assert refused.err == "runicd: there is no key '../team'; keys: default\n"


def test_no_error_advises_to_sign_a_changed_file() -> None:
    told = sentence(errors.BAD_SIGNATURE, ["0123456789abcdef"])
    assert "changed or damaged since; build the Rune anew" in told
    assert "sign it" not in told


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda data: data + custom_section("more", b""), "something follows it"),
        (lambda data: data[:-91] + data[-91:] * 2, "2 signatures"),
        (
            lambda data: data[:-91] + custom_section("runic.signature", data[-73:] + b"\0"),
            "one form",
        ),
        (lambda data: data[:-91] + custom_section("runic.signature", b""), "one form"),
        (lambda data: data[:-91] + b"\0\xd9\0" + data[-89:], "one form"),
    ],
)
def test_a_signature_out_of_order_is_named(make: object, what: str) -> None:
    with pytest.raises(RuneFormatError, match=what):
        read_rune(make(runicd.build(SINE).data))  # type: ignore[operator]


def test_a_passphrase_locks_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    key = files.new("locked", "open sesame")
    assert b"ENCRYPTED" in key.path.read_bytes()
    # Who it is can be told without.
    assert files.find("locked").public == key.public
    for given, what in ((None, "has a passphrase"), ("wrong", "passphrase is wrong")):
        if given:
            monkeypatch.setenv("RUNICD_KEY_PASSPHRASE", given)
        with pytest.raises(InputError, match=what):
            files.secret_of(key)
    monkeypatch.setenv("RUNICD_KEY_PASSPHRASE", "open sesame")
    assert files.secret_of(key).public_key().public_bytes_raw() == key.public


def test_a_new_key_without_a_terminal_takes_its_passphrase_from_the_environment(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for passphrase in ({}, {"RUNICD_KEY_PASSPHRASE": ""}):
        refused = command("keys", "new", "locked", "--passphrase", **passphrase)
        assert refused.code == 1
        assert "set RUNICD_KEY_PASSPHRASE to it" in refused.err
        assert [key.name for key in files.listed()] == ["default"]
    made = command("keys", "new", "locked", "--passphrase", RUNICD_KEY_PASSPHRASE="open sesame")
    assert made.code == 0, made.err
    monkeypatch.setenv("RUNICD_KEY_PASSPHRASE", "open sesame")
    key = files.find("locked")
    assert files.secret_of(key).public_key().public_bytes_raw() == key.public
    assert b"ENCRYPTED" in key.path.read_bytes()


@pytest.mark.parametrize(
    "content", [b"", b"rubbish", b"runicd public key: 00\n", b"\xff\xfe", b"x" * 5000]
)
def test_a_damaged_key_is_named(state_folder: Path, content: bytes) -> None:
    path = state_folder / "keys" / "bad.key"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"bad\.key") as caught:
        files.find("bad")
    # It may be the only one that boards trust, and part of it may still be read.
    assert "remove" not in str(caught.value)
    assert "delete" not in str(caught.value)


def test_a_damaged_key_stops_only_what_asks_for_it(command: Command, state_folder: Path) -> None:
    path = state_folder / "keys" / "jj.key"
    path.write_bytes(b"rubbish")
    assert command("build", SINE, "-o", "sine.rune").code == 0
    assert "default (key " in command("inspect", "sine.rune").out
    listed = command("keys", "ls", "--json")
    assert (listed.code, [row["name"] for row in json.loads(listed.out)]) == (0, ["default"])
    assert listed.err.startswith(f"runicd: {path}: the key's file is damaged; restore it")
    for refused in (
        command("build", SINE, "--key", "jj"),
        command("sign", "sine.rune", "--key", "jj"),
        command("keys", "export", "jj"),
        command("keys", "new", "jj"),
    ):
        assert refused.code == 1
        assert "jj" in refused.err
    assert path.read_bytes() == b"rubbish"


def test_simulated_boards_trust_the_keys_that_are_whole(state_folder: Path) -> None:
    team = files.new("team")
    path = state_folder / "keys" / "default.key"
    whole = path.read_bytes()
    path.write_bytes(b"rubbish")
    boards.provision(state_folder / "one")
    assert [key["name"] for key in cbor.loads((state_folder / "one" / "keys").read_bytes())] == [
        "team"
    ]
    path.write_bytes(whole)
    team.path.write_bytes(b"rubbish")
    boards.provision(state_folder / "two")
    assert [key["name"] for key in cbor.loads((state_folder / "two" / "keys").read_bytes())] == [
        "default"
    ]
    path.write_bytes(b"rubbish")
    with pytest.raises(InputError, match=r"default\.key: the key's file is damaged"):
        boards.provision(state_folder / "three")


def test_a_key_whose_first_line_is_anothers_signs_nothing() -> None:
    one, two = files.new("one"), files.new("two")
    head = two.path.read_bytes().partition(b"\n")[0]
    one.path.write_bytes(head + b"\n" + one.path.read_bytes().partition(b"\n")[2])
    with pytest.raises(InputError, match="another key's"):
        sign(b"", files.find("one"))


def test_keys_are_listed_shown_and_exported(command: Command, tmp_path: Path) -> None:
    made = json.loads(command("keys", "new", "team", "--json").out)
    assert [row["name"] for row in json.loads(command("keys", "ls", "--json").out)] == [
        "default",
        "team",
    ]
    assert made["public"] in command("keys", "show", made["id"][:6]).out
    command("keys", "export", "team", "-o", "team.pub")
    assert (tmp_path / "team.pub").read_text().split()[1:] == [made["public"], "team"]
    assert command("keys", "export", "team").out == (tmp_path / "team.pub").read_text()
    again = command("keys", "new", "team")
    assert (again.code, "already" in again.err) == (1, True)
    assert command("keys", "new", "../team").code == 1
    assert "`runicd keys new nobody` makes one" in command("keys", "show", "nobody").err


def test_two_who_make_the_default_key_at_once_get_the_same(no_keys: Path) -> None:
    workers = []
    for _ in range(4):
        reading, writing = os.pipe()
        if not os.fork():
            os.write(writing, files.default().id)
            os._exit(0)
        workers.append(reading)
    ids = {os.read(reading, 8) for reading in workers}
    for _ in workers:
        os.wait()
    assert ids == {files.default().id}
    assert [path.name for path in no_keys.iterdir()] == ["default.key"]


def test_orders_are_over_the_verb_and_all_its_arguments() -> None:
    text = signature.order_text(bytes(16), "trust", {"b": 1, "a": None})
    assert text == b"runic order\0" + bytes(16) + cbor.dumps(["trust", {"a": None, "b": 1}])


@pytest.mark.parametrize(
    ("option", "given", "what"),
    [
        ("--capabilities", "FOO", "there is no kind FOO; the kinds are RAND, SOUND"),
        ("--capabilities", "SOUND,sound", "there is no kind sound"),
        # Outputs are no capabilities: such a limit would allow nothing.
        ("--capabilities", "PIN", "there is no kind PIN"),
        ("--capabilities", "", "an entry is empty"),
        ("--runes", "", "an entry is empty"),
        ("--runes", "sine,,kws", "an entry is empty"),
        ("--runes", "Sine", "no Rune's name is like 'Sine'"),
        ("--runes", "sine kws", "no Rune's name is like 'sine kws'"),
    ],
)
def test_typos_in_a_keys_limits_are_refused_before_the_board(
    command: Command, option: str, given: str, what: str
) -> None:
    refused = command("keys", "trust", "default", option, given, "-t", "nowhere")
    assert refused.code == 2
    assert f"{option}: {what}" in refused.err


@pytest.mark.parametrize("pattern", ["*", "*-x", "kws*", "a*b*", "sine"])
def test_every_pattern_that_a_name_can_match_is_taken(pattern: str) -> None:
    assert limits.patterns_of(f"kws, {pattern}") == ["kws", pattern]
