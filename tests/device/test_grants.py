"""Grants and policies on the board: what needs one, what is refused, what is taken back."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import cbor2
import pytest

from runicos.contract import errors
from tests.device import runes
from tests.device.runes import assembled, manifest_of, stock, with_manifest
from tests.device.sim_board import BoardError, Client, SimBoard
from tests.device.test_original_runes import SINE, original
from tests.signing import KEY_ID

ASK = {"default": "ask", "rules": []}
NO_GRANT = {"demands": {}, "revoked": [], "signer": None}
SOUND = ["--sound", runes.sample("microspeech", "up_f3.wav")]


@pytest.fixture
def board(tmp_path: Path) -> Iterator[SimBoard]:
    raw = tmp_path / "turns.raw"
    raw.write_bytes(bytes(8))
    with SimBoard(tmp_path / "flash", *SOUND, "--raw", raw) as board:
        yield board


@pytest.fixture
def cable(board: SimBoard) -> Iterator[Client]:
    """Whoever holds the cable is the owner."""
    with board.serial() as client:
        yield client


def reasons(client: Client, verb: str, **arguments: Any) -> list[tuple[int, str]]:
    """Why a request is refused: (code, the Rune's name or the rule), sorted."""
    code, found = client.error(verb, **arguments)
    assert code == errors.REFUSED
    return sorted((reason[0], reason[1]) for reason in found)


def state(client: Client, name: str) -> tuple[str, int]:
    row = next(row for row in client.request("ps") if row["name"] == name)
    error = row["last_error"]
    return row["state"], error[1][0][0] if error and error[0] == errors.REFUSED else 0


def waits(client: Client, name: str, data: bytes) -> None:
    """Upload what is kept for its owner to grant, and is not started."""
    client.upload(name, data)
    row = next(row for row in client.request("ps") if row["name"] == name)
    assert row["waiting"] == [manifest_of(data)["release"], sha256(data).digest()]
    assert client.request("demands", name=name)["waiting"]["demands"] == demands(data)


def demands(data: bytes, **more: Any) -> dict[str, Any]:
    """What the Rune's manifest asks for, worked out anew."""
    manifest = manifest_of(data)
    calls = -(-1000 // manifest["period_ms"])
    wanted = {}
    for capability in manifest["capabilities"]:
        rate = capability.get("reads_per_s", calls)
        wanted[capability["kind"]] = capability["params"] | {"reads_per_s": rate}
    for output in manifest["outputs"]:
        rate = output.get("bytes_per_s", calls * output["bytes"])
        wanted[output["kind"]] = {"bytes_per_s": rate}
    return wanted | more


def test_a_simulated_board_allows_all_until_it_is_told_otherwise(cable: Client) -> None:
    assert cable.request("policy_show")["policy"] == {"default": "allow", "rules": []}
    cable.upload("sine", stock("sine"))
    assert cable.request("start", name="sine")["granted"] == ["RAND", "SERIAL"]


def test_asking_refuses_before_anything_is_replaced(cable: Client) -> None:
    cable.upload("sine", stock("sine"))
    cable.request("start", name="sine")
    told = {"stopped": ["sine"], "resumed": [], "started": []}
    assert cable.request("policy_set", policy=ASK) == told
    assert state(cable, "sine") == ("stopped", errors.NOT_GRANTED)
    before = cable.request("ps")[0]["sha256"]
    newer = with_manifest(stock("sine"), release="9.9.9")
    waits(cable, "sine", newer)
    assert cable.request("ps")[0]["sha256"] == before
    cable.request("grant", signer=KEY_ID, name="sine", demands=demands(newer))
    cable.upload("sine", newer)
    assert cable.request("start", name="sine")["granted"] == ["RAND", "SERIAL"]


def test_a_version_that_asks_for_no_more_keeps_its_grant(cable: Client) -> None:
    cable.request("policy_set", policy=ASK)
    rune = stock("microspeech")
    cable.request("grant", signer=KEY_ID, name="microspeech", demands=demands(rune))
    cable.upload("microspeech", rune)
    cable.request("start", name="microspeech")
    cable.upload("microspeech", with_manifest(rune, release="2.0.0"))
    cable.request("start", name="microspeech")
    manifest = manifest_of(rune)
    faster = with_manifest(
        rune,
        capabilities=[{**manifest["capabilities"][0], "reads_per_s": 4}],
        outputs=[{**manifest["outputs"][0], "bytes_per_s": 10_000}],
    )
    waits(cable, "microspeech", faster)
    # The old one goes on untouched.
    assert state(cable, "microspeech")[0] in ("running", "waiting")


def test_revoking_stops_a_running_rune_and_outlives_it(board: SimBoard, cable: Client) -> None:
    cable.upload("sine", stock("sine"))
    cable.request("start", name="sine", period_ms=20)
    assert cable.request("revoke", name="sine", kinds=["RAND"])["stopped"] == ["sine"]
    assert state(cable, "sine") == ("stopped", errors.NOT_GRANTED)
    calls = cable.request("ps")[0]["calls"]
    assert reasons(cable, "start", name="sine") == [(errors.NOT_GRANTED, "sine")]
    assert cable.error("call", name="sine")[0] == errors.NOT_RUNNING
    assert cable.request("ps")[0]["calls"] == calls
    # Not even by removing it, though the policy allows everything.
    cable.request("rm", name="sine")
    waits(cable, "sine", stock("sine"))
    for verb in ("start", "call"):  # each advises the grant; a start would be refused
        told = cable.error(verb, name="sine")
        assert told == (errors.NOT_GRANTED, ["sine", "leave to run", "sine"])
    cable.request("grant", signer=KEY_ID, name="sine", demands=demands(stock("sine")))
    cable.upload("sine", stock("sine"))
    assert cable.request("start", name="sine")["granted"] == ["RAND", "SERIAL"]


def test_others_go_on_when_one_is_revoked(cable: Client) -> None:
    for name in ("sine", "sine_int8"):
        cable.upload(name, stock(name))
        cable.request("start", name=name, period_ms=0)
    assert cable.request("revoke", name="sine", kinds=["SERIAL"])["stopped"] == ["sine"]
    assert cable.request("call", name="sine_int8", count=3) == {"calls": 3}


def test_a_grant_is_gone_with_its_rune(cable: Client) -> None:
    cable.request("policy_set", policy=ASK)
    cable.request("grant", signer=KEY_ID, name="sine", demands=demands(stock("sine")))
    cable.upload("sine", stock("sine"))
    assert cable.request("policy_show", name="sine")["grant"]["demands"]
    cable.request("rm", name="sine")
    assert cable.request("policy_show", name="sine")["grant"] == NO_GRANT


def test_grants_and_policy_outlive_a_power_cut(tmp_path: Path) -> None:
    flash = tmp_path / "flash"
    with SimBoard(flash) as board, board.serial() as cable:
        cable.request("policy_set", policy=ASK)
        cable.request("grant", signer=KEY_ID, name="sine", demands=demands(stock("sine")))
        cable.upload("sine", stock("sine"))
        cable.request("start", name="sine", period_ms=0)
    with SimBoard(flash) as board, board.serial() as cable:
        assert state(cable, "sine") == ("waiting", 0)
    (flash / "runes" / "sine.grant").write_bytes(cbor2.dumps(NO_GRANT))
    with SimBoard(flash) as board, board.serial() as cable:
        assert state(cable, "sine") == ("failed", errors.NOT_GRANTED)


POLICIES: list[tuple[dict[str, Any], list[tuple[int, str]]]] = [
    ({"default": "deny", "rules": []}, [(errors.POLICY_DENIES, "its default")] * 2),
    (
        {"default": "allow", "rules": [{"effect": "deny", "kinds": ["RAND"]}]},
        [(errors.POLICY_DENIES, "rule 1")],
    ),
    (
        {"default": "allow", "rules": [{"effect": "deny", "rune": "s*ne"}]},
        [(errors.POLICY_DENIES, "rule 1")] * 2,
    ),
    ({"default": "allow", "rules": [{"effect": "deny", "rune": "sin"}]}, []),
    (
        {
            "default": "deny",
            "rules": [
                {"effect": "allow", "kinds": ["RAND"]},
                {"effect": "allow", "limits": {"SERIAL": {"bytes_per_s": 1}}, "kinds": ["SERIAL"]},
                {"effect": "ask", "kinds": ["SERIAL"]},
            ],
        },
        [(errors.NOT_GRANTED, "sine")],
    ),
    (
        {
            "default": "deny",
            "rules": [{"effect": "allow", "limits": {"SERIAL": {"bytes_per_s": 100_000}}}],
        },
        [],
    ),
]


@pytest.mark.parametrize(("policy", "expected"), POLICIES)
def test_the_first_rule_that_matches_decides(
    cable: Client, policy: dict[str, Any], expected: list[tuple[int, str]]
) -> None:
    cable.upload("sine", stock("sine"))
    cable.request("policy_set", policy=policy)
    if expected:
        assert reasons(cable, "start", name="sine") == expected
    else:
        cable.request("start", name="sine")


def test_an_original_rune_is_held_to_what_it_asks_for(cable: Client) -> None:
    rune = original(SINE)
    cable.request("policy_set", policy=ASK)
    cable.upload("original", rune)
    found = reasons(cable, "start", name="original")
    assert found == [(errors.NOT_GRANTED, "original")] * 2
    cable.request(
        "grant", signer=KEY_ID, name="original", demands={"RAW": {"length": 3}, "SERIAL": None}
    )
    _, refused = cable.error("start", name="original")
    assert refused == [[errors.NOT_GRANTED, "original", "RAW (length 4)", "original"]]
    cable.request("grant", signer=KEY_ID, name="original", demands={"RAW": {"length": 4}})
    cable.request("start", name="original", period_ms=0)
    assert cable.request("revoke", name="original", kinds=["RAW"])["stopped"] == ["original"]


BAD_POLICIES: list[Any] = [
    {},
    {"default": "maybe", "rules": []},
    {"default": "ask"},
    {"default": "ask", "rules": {}},
    {"default": "ask", "rules": [], "more": 1},
    {"default": "ask", "rules": [], "unsigned": "ask"},
    {"default": "ask", "rules": [1]},
    {"default": "ask", "rules": [{}]},
    {"default": "ask", "rules": [{"effect": "permit"}]},
    {"default": "ask", "rules": [{"effect": "allow", "kinds": []}]},
    {"default": "ask", "rules": [{"effect": "allow", "kinds": "SOUND"}]},
    {"default": "ask", "rules": [{"effect": "allow", "kinds": ["SMELL"]}]},
    {"default": "ask", "rules": [{"effect": "allow", "rune": 1}]},
    {"default": "ask", "rules": [{"effect": "allow", "rune": "a" * 64}]},
    {"default": "ask", "rules": [{"effect": "allow", "limits": []}]},
    {"default": "ask", "rules": [{"effect": "allow", "limits": {"SMELL": {}}}]},
    {"default": "ask", "rules": [{"effect": "allow", "limits": {"SOUND": 1}}]},
    {"default": "ask", "rules": [{"effect": "allow", "limits": {"SOUND": {"hz": "1"}}}]},
    {"default": "ask", "rules": [{"effect": "allow", "limits": {"SOUND": {"hz": True}}}]},
    {
        "default": "ask",
        "rules": [{"effect": "allow", "kinds": ["RAND"], "limits": {"SOUND": {"hz": 1}}}],
    },
    {"default": "ask", "rules": [{"effect": "deny", "limits": {"SOUND": {"hz": 1}}}]},
    {"default": "ask", "rules": [{"effect": "allow", "nose": 1}]},
    {"default": "ask", "rules": [{"effect": "allow", "signer": "default"}]},
    {"default": "ask", "rules": [{"effect": "allow", "signer": bytes(9)}]},
    {"default": "ask", "rules": [{"effect": "allow", "signer": None}]},
    {"default": "ask", "rules": [{"effect": "ask"}] * 17},
    {"default": "ask", "rules": [{"effect": "ask", "kinds": ["SOUND"] * 20}] * 16},
]


@pytest.mark.parametrize("policy", BAD_POLICIES)
def test_a_broken_policy_is_refused_and_the_old_one_stays(cable: Client, policy: Any) -> None:
    assert cable.error("policy_set", policy=policy)[0] == errors.BAD_POLICY
    assert cable.request("policy_show")["policy"] == {"default": "allow", "rules": []}


BROKEN_FILES = {
    "empty": b"",
    "no CBOR": b"\xff\xff",
    "cut off": cbor2.dumps(ASK)[:-1],
    "a tag": b"\xc0\x00",
    "a list": cbor2.dumps([]),
    "deep": b"\x81" * 200 + b"\x00",
    "huge": cbor2.dumps({"default": "allow", "rules": [], "x": b"\0" * 4000}),
    "a huge length": b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff",
    "two keys alike": b"\xa2\x67default\x65allow\x67default\x65allow",
    "unknown keys": cbor2.dumps({"default": "allow", "rules": [], "also": 1}),
}


@pytest.mark.parametrize("content", BROKEN_FILES.values(), ids=BROKEN_FILES)
def test_a_damaged_policy_allows_nothing(tmp_path: Path, content: bytes) -> None:
    flash = tmp_path / "flash"
    (flash / "runes").mkdir(parents=True)
    (flash / "runes" / "policy").write_bytes(content)
    with SimBoard(flash) as board, board.serial() as cable:
        assert cable.error("policy_show")[0] == errors.BAD_POLICY
        with pytest.raises(BoardError) as caught:
            cable.upload("sine", stock("sine"))
        assert caught.value.code == errors.BAD_POLICY
        cable.request("policy_set", policy=None)
        cable.upload("sine", stock("sine"))
        cable.request("start", name="sine")


GRANT = NO_GRANT | {"before": []}
ALL = {"RAND": None, "SERIAL": None}
GOOD_GRANT = GRANT | {"demands": ALL, "signer": KEY_ID}
BROKEN_GRANTS = BROKEN_FILES | {
    "demands of no kind": cbor2.dumps(GRANT | {"demands": {"SMELL": None}}),
    "demands that are a list": cbor2.dumps(GRANT | {"demands": []}),
    "limits that are texts": cbor2.dumps(GRANT | {"demands": {"RAND": {"amount": "4"}}}),
    "limits without number": cbor2.dumps(GRANT | {"demands": {"RAND": {"amount": None}}}),
    "revoked that is a map": cbor2.dumps(GRANT | {"revoked": {}}),
    "revoked of no kind": cbor2.dumps(GRANT | {"revoked": ["SMELL"]}),
    "a signer that is no key": cbor2.dumps(GRANT | {"signer": KEY_ID[:7]}),
    "a signer that is text": cbor2.dumps(GRANT | {"signer": "default"}),
    "grants before that are a map": cbor2.dumps(GOOD_GRANT | {"before": {}}),
    "a grant before of one part": cbor2.dumps(GOOD_GRANT | {"before": [[KEY_ID]]}),
    "a grant before of no key": cbor2.dumps(GOOD_GRANT | {"before": [[b"", {}]]}),
    "a grant before of no demands": cbor2.dumps(GOOD_GRANT | {"before": [[None, []]]}),
    "no grants before": cbor2.dumps(NO_GRANT | {"demands": ALL, "signer": KEY_ID}),
    "one key": cbor2.dumps({"demands": {"RAND": None, "SERIAL": None}}),
    "one more key": cbor2.dumps(GOOD_GRANT | {"more": 1}),
}


def test_a_damaged_grant_grants_nothing(tmp_path: Path) -> None:
    flash = tmp_path / "flash"
    with SimBoard(flash) as board, board.serial() as cable:
        cable.request("policy_set", policy=ASK)
        cable.request("grant", signer=KEY_ID, name="sine", demands=ALL)
        cable.upload("sine", stock("sine"))
        cable.request("start", name="sine")
        whole = (flash / "runes" / "sine.grant").read_bytes()
        assert cbor2.loads(whole) == GOOD_GRANT
        for what, content in BROKEN_GRANTS.items():
            (flash / "runes" / "sine.grant").write_bytes(content)
            refused = reasons(cable, "start", name="sine")
            assert refused == [(errors.NOT_GRANTED, "sine")] * 2, what
        (flash / "runes" / "sine.grant").write_bytes(whole)
        cable.request("start", name="sine")


def test_a_name_that_is_nowhere_has_nothing_to_be_revoked(tmp_path: Path) -> None:
    flash = tmp_path / "flash"
    with SimBoard(flash) as board, board.serial() as cable:
        assert cable.error("revoke", name="nosuch", kinds=["RAND"]) == (
            errors.NO_SUCH_RUNE,
            ["nosuch"],
        )
        assert not (flash / "runes" / "nosuch.grant").exists()
        # What is granted, or was revoked of a Rune that is gone, can be.
        cable.request("grant", name="later", demands={"RAND": None})
        for _ in range(2):
            cable.request("revoke", name="later", kinds=["RAND"])


@pytest.mark.parametrize("name", ["", "../sine", "a/b", "Sine", "x" * 64, "sine\0"])
def test_a_grant_is_for_a_name(cable: Client, name: str) -> None:
    assert cable.error("grant", name=name, demands={"RAND": None})[0] == errors.BAD_NAME
    assert cable.error("revoke", name=name, kinds=["RAND"])[0] == errors.BAD_NAME


@pytest.mark.parametrize("wanted", [{}, {"SMELL": None}, {"RAND": 1}, {"RAND": {"amount": "4"}}])
def test_a_grant_is_of_demands(cable: Client, wanted: dict[str, Any]) -> None:
    assert cable.error("grant", name="sine", demands=wanted)[0] == errors.BAD_REQUEST


def test_over_a_network_it_takes_an_order(board: SimBoard, cable: Client) -> None:
    with board.tcp() as stranger:
        for verb, arguments in (
            ("grant", {"name": "sine", "demands": {"RAND": None}}),
            ("revoke", {"name": "sine", "kinds": ["RAND"]}),
            ("policy_set", {"policy": {"default": "allow", "rules": []}}),
        ):
            assert stranger.error(verb, **arguments)[0] == errors.NOT_AUTHORISED
        assert stranger.request("policy_show")["policy"]["default"] == "allow"


def test_two_of_a_kind_add_up(cable: Client) -> None:
    tensor = {"type": "u8", "dims": [4], "bytes": 4, "offset": 0}
    sensor = {"kind": "RAND", "params": {"amount": 4}, "tensor": 0}
    rune = assembled(
        "two",
        '(func (export "_manifest") (result i32) unreachable)'
        '(func (export "_call") (param i32 i32 i32) (result i32) unreachable)',
        period_ms=500,
        tensors=[tensor],
        arena_bytes=16,
        capabilities=[
            sensor | {"name": "one"},
            sensor | {"name": "other", "params": {"amount": 7}},
        ],
    )
    cable.request("policy_set", policy=ASK)
    cable.upload("two", rune)
    asked = cable.request("demands", name="two")["waiting"]["demands"]
    assert asked == {"RAND": {"amount": 7, "reads_per_s": 4}}
