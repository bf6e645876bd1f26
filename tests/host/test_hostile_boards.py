"""A board that answers with anything: an error of runicd's own tree, never a traceback."""

from typing import Any

import pytest

from runicd import record
from runicd.cast.delta import plan
from runicd.cast.preflight import board_facts
from runicd.cast.upload import upload
from runicd.cast.ways import whole
from runicd.client import Client
from runicd.errors import LinkError, RefusedError
from runicd.links.memory import MemoryLink
from runicd.results import tensors
from runicd.types import Result
from runicd.watch import error_text
from runicos.contract import wire
from runicos.contract.errors import NO_CAPABILITY, REFUSED
from tests.host.peer import FACTS, Failure, Peer, event, response


def talk(peer: Peer) -> Client:
    return Client(lambda: MemoryLink(peer))


@pytest.mark.parametrize("number", [-1, 0x10000, 1 << 80])
def test_an_upload_whose_number_no_frame_holds(number: int) -> None:
    peer = Peer()
    peer.answers["begin"] = {"upload": number, "offset": 0, "shared": []}
    with pytest.raises(LinkError):
        upload(talk(peer), "sine", b"data", whole(b"data"), lambda _done, _all: None)


@pytest.mark.parametrize(
    ("reasons", "shown"),
    [([[[1], 2]], 0), ([{}, [], None], 0), ([[NO_CAPABILITY]], 1), ([[1 << 60, "x"]], 1)],
)
def test_a_refusal_whose_reasons_are_none(reasons: list[Any], shown: int) -> None:
    peer = Peer()
    peer.answers["ps"] = Failure(REFUSED, *reasons)
    with pytest.raises(RefusedError) as caught:
        talk(peer).rows("ps")
    assert len(caught.value.reasons) == shown
    assert caught.value.lacking == ()


def test_a_list_of_runes_without_names() -> None:
    peer = Peer()
    peer.answers["ps"] = [{"state": "running"}]
    with pytest.raises(LinkError, match="list of Runes"):
        plan(talk(peer), "sine", bytes(5000))


@pytest.mark.parametrize("code", [[], {}, None, "60", 60.5])
def test_an_error_whose_code_is_no_number(code: object) -> None:
    row = {"name": "sine", "state": "failed", "last_error": [code, ["text"]]}
    assert str(code) in (error_text(row) or "")


@pytest.mark.parametrize("pointer_bytes", [0, -8, 3, None, "8", []])
def test_pointers_of_no_bytes(pointer_bytes: object) -> None:
    peer = Peer()
    peer.answers["facts"] = {**FACTS, "pointer_bytes": pointer_bytes}
    with pytest.raises(LinkError, match="facts make no sense"):
        board_facts(talk(peer))


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("SERIAL", b"[" * 200_000),
        ("TENSOR", b"\x1d\0\0\0utf8[99999999999999999999999]"),
        ("TENSOR", b"\x10\0\0\0f32[99999999999]" + bytes(8)),
    ],
)
def test_an_output_without_end(kind: str, payload: bytes) -> None:
    with pytest.raises(LinkError, match="cannot be read"):
        tensors(Result("sine", 3, kind, 1, payload))


@pytest.mark.parametrize(
    "payload",
    [b"\xd8\x1c\x81\xd8\x1d\x00", b"\x81" * 300 + b"\0", b"\xc2\x59\xff\xff" + bytes(900)],
)
def test_an_answer_that_holds_itself_or_goes_too_deep(payload: bytes) -> None:
    peer = Peer()

    def answer(_: object) -> bytes:
        return b"".join(wire.encode_message(wire.RESPONSE, peer.number, payload, 1024))

    peer.answers["ps"] = answer
    with pytest.raises(LinkError, match="cannot be read"):
        talk(peer).rows("ps")


def test_a_recording_longer_than_was_asked_for() -> None:
    peer = Peer()
    pieces = [event("record", [64 * at, bytes(64)]) for at in range(100)]
    peer.answers["record"] = lambda _: b"".join(pieces) + response(peer.number, {"windows": 1})
    wanted = record.Plan("RAW", {"length": 64}, 64, 1, 64)
    with pytest.raises(LinkError, match="more than was asked for"):
        record.record(talk(peer), wanted)
