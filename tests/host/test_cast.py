"""Casting to a peer that answers nonsense: an error of ours each time, never a traceback."""

from typing import Any

import pytest

import runicd
from runicd.cast.cast import Quiet, cast
from runicd.cast.preflight import Held, preflight
from runicd.client import Client
from runicd.errors import (
    BoardError,
    LinkError,
    RefusedError,
    RuneFailed,
    RuneFormatError,
    RunicError,
)
from runicd.links.memory import MemoryLink
from runicd.types import Rune
from runicos.contract.admission import SERVICE_BYTES
from tests.board import ROOT
from tests.host.peer import FACTS, Peer

ROW = {"name": "sine", "ram_bytes": 5000, "sha256": bytes(32), "state": "running"}


@pytest.fixture
def rune() -> Rune:
    return runicd.build(ROOT / "runes" / "sine")


@pytest.fixture
def peer(rune: Rune) -> Peer:
    assert rune.manifest is not None
    ops = [op for model in rune.manifest["models"] for op in model["ops"]]
    blocks = [block["block"] for block in rune.manifest["blocks"]]
    peer = Peer()
    peer.answers["facts"] = {**FACTS, "ops": ops, "blocks": blocks}
    peer.answers["begin"] = {"upload": 7, "offset": 0, "shared": []}
    peer.answers["start"] = {"granted": ["RAND"], "self_test": "none"}
    return peer


def talk(peer: Peer) -> Client:
    return Client(lambda: MemoryLink(peer))


def test_a_cast_takes_its_steps_in_order(peer: Peer, rune: Rune) -> None:
    done = cast(rune, talk(peer), Quiet(), period_ms=5)
    assert bytes(peer.received) == rune.data
    assert [verb for verb, _ in peer.requests] == [
        "hello", "facts", "ps", "policy_show", "ps", "begin", "commit", "start", "ps",
    ]  # fmt: skip
    assert peer.requests[-2][1] == {"name": "sine", "period_ms": 5}
    assert (done.name, done.granted, done.self_test) == ("sine", ("RAND",), "none")


def test_a_refused_rune_is_not_sent(peer: Peer, rune: Rune) -> None:
    peer.answers["facts"] = {**FACTS, "heap_free": 10}
    with pytest.raises(RefusedError) as caught:
        cast(rune, talk(peer), Quiet())
    assert len(caught.value.reasons) == 3
    assert [verb for verb, _ in peer.requests] == ["hello", "facts", "ps"]


def test_what_the_rune_holds_already_counts_as_free(peer: Peer, rune: Rune) -> None:
    facts = peer.answers["facts"]
    free = preflight(rune, facts).ram_bytes + SERVICE_BYTES
    tight = {**facts, "heap_free": free - 5000, "flash_free": 10}
    assert len(preflight(rune, tight).reasons) == 2
    assert preflight(rune, tight, Held(5000, same_file=True)).ok


def test_a_manifest_that_is_wrong_is_an_error_of_the_rune(peer: Peer, rune: Rune) -> None:
    broken = Rune("sine", rune.data, {**dict(rune.manifest or {}), "tensors": "none"})
    with pytest.raises(RuneFormatError, match="sine: the manifest is wrong at"):
        cast(broken, talk(peer), Quiet())


@pytest.mark.parametrize(
    ("verb", "answer"),
    [
        ("facts", None),
        ("facts", []),
        ("facts", {}),
        ("facts", {**FACTS, "heap_free": "much"}),
        ("facts", {**FACTS, "capabilities": ["RAND"]}),
        ("facts", {**FACTS, "capabilities": {"RAND": 5}}),
        ("facts", {**FACTS, "capabilities": {"RAND": {"amount": 3}}}),
        ("facts", {**FACTS, "capabilities": {"RAND": {"amount": ["a", "b"]}}}),
        ("facts", {**FACTS, "flash_free": None}),
        ("ps", None),
        ("ps", {}),
        ("ps", [1]),
        ("ps", [{"name": "sine"}]),
        ("ps", [{**ROW, "ram_bytes": "x"}]),
        ("begin", None),
        ("begin", {"upload": 7}),
        ("begin", {"upload": "x", "offset": 0, "shared": []}),
        ("begin", {"upload": 7, "offset": -1, "shared": []}),
        ("begin", {"upload": 7, "offset": 1 << 40, "shared": []}),
        ("begin", {"upload": 7, "offset": 0}),
        ("begin", {"upload": 7, "offset": 0, "shared": [[0, 16]]}),
        ("start", None),
        ("start", {"granted": "RAND", "self_test": "none"}),
        ("start", {"granted": []}),
    ],
)
def test_nonsense_from_a_board_is_an_error_of_the_link(
    peer: Peer, rune: Rune, verb: str, answer: Any
) -> None:
    if verb == "facts" and isinstance(answer, dict) and "ops" in answer:
        known = peer.answers["facts"]
        answer = {**answer, "ops": known["ops"], "blocks": known["blocks"]}
    peer.answers[verb] = answer
    with pytest.raises(LinkError):
        cast(rune, talk(peer), Quiet())


@pytest.mark.parametrize("verb", ["ps", "stats", "logs"])
@pytest.mark.parametrize(
    "answer", [None, 5, [5], {"a": 1}, {"stages": 5}, {"stages": [5]}, {"records": [1], "next": 1}]
)
def test_nonsense_in_listings_is_an_error_of_the_link(peer: Peer, verb: str, answer: Any) -> None:
    board = runicd.LiveBoard(talk(peer))
    peer.answers[verb] = answer
    reading = {"ps": board.ps, "stats": lambda: board.stats("a"), "logs": board.logs}
    with pytest.raises(RunicError):
        reading[verb]()


@pytest.mark.parametrize("state", ["failed", "backing off"])
def test_a_first_call_that_comes_late_is_waited_for(peer: Peer, rune: Rune, state: str) -> None:
    idle = {**ROW, "sha256": bytes(32), "calls": 0, "failures": 0, "period_ms": 5}
    failed = {**idle, "state": state, "last_error": [60, ["[trap] x", 1]], "failures": 1}
    answers = [[], [], [idle], [idle], [failed]]
    peer.answers["ps"] = lambda _: answers.pop(0)
    with pytest.raises(BoardError, match=r"sine failed in its first call: \[trap\] x") as caught:
        cast(rune, talk(peer), Quiet())
    assert caught.value.exit_code == 5
    assert answers == []


def test_a_rune_that_is_called_on_request_is_not_waited_for(peer: Peer, rune: Rune) -> None:
    cast(rune, talk(peer), Quiet(), period_ms=0)
    assert peer.requests[-1][0] == "start"


def test_a_board_that_falls_silent_in_the_first_call_is_a_failure(
    peer: Peer, rune: Rune, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def rows(arguments: object) -> Any:
        asked.append(arguments)
        return [] if len(asked) <= 2 else b""

    peer.answers["ps"] = rows
    client = talk(peer)
    monkeypatch.setattr(client, "rows", lambda verb: client.request(verb, deadline_s=0.1))
    with pytest.raises(RuneFailed, match="the first call of sine has not ended") as caught:
        cast(rune, client, Quiet())
    assert caught.value.exit_code == 5


def test_a_refusal_as_text_gives_its_reasons(peer: Peer, rune: Rune) -> None:
    peer.answers["facts"] = {**FACTS, "heap_free": 10}
    with pytest.raises(RefusedError, match=r"(?s)cannot run on .*\n  - .*short by \d+"):
        cast(rune, talk(peer), Quiet())
