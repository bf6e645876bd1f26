"""Who may command a board: whoever has its cable, or signs an order with an owner's key."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from runicos.contract import errors
from runicos.contract.patterns import matches
from runicos.contract.signature import key_id, order_text
from tests.device.sim_board import Client, SimBoard

Secret = Ed25519PrivateKey
NO_LIMITS = {"comment": "", "runes": None, "capabilities": None}


def public(secret: Secret) -> bytes:
    return secret.public_key().public_bytes_raw()


def trusting(secret: Secret, name: str, **limits: Any) -> dict[str, Any]:
    return NO_LIMITS | {"name": name, "public": public(secret)} | limits


def order(client: Client, secret: Secret, verb: str, **given: Any) -> dict[str, Any]:
    """All arguments of a verb, with the order for them."""
    nonce = client.request("challenge")["nonce"]
    signature = secret.sign(order_text(nonce, verb, given))
    return given | {
        "order": {"key": key_id(public(secret)), "nonce": nonce, "signature": signature}
    }


@pytest.fixture
def board(tmp_path: Path) -> Iterator[SimBoard]:
    with SimBoard(tmp_path, trusts=False) as started:
        yield started


@pytest.fixture
def owner(board: SimBoard) -> Secret:
    """The owner's key, which came over the cable."""
    secret = Secret.generate()
    with board.serial() as cable:
        assert cable.request("trust", **trusting(secret, "owner")) == {
            "key": key_id(public(secret)),
            "resumed": [],
        }
    return secret


def test_a_key_comes_over_the_cable_and_stays_over_a_reset(board: SimBoard, owner: Secret) -> None:
    with board.tcp() as client:
        keys = client.request("keys")
        assert keys == [trusting(owner, "owner") | {"id": key_id(public(owner))}]
        client.request("reset")
    with board.serial() as cable:
        assert cable.request("keys") == keys


def test_over_a_network_nothing_is_obeyed_without_an_order(board: SimBoard) -> None:
    with board.tcp() as client:
        code, given = client.error("trust", **trusting(Secret.generate(), "anybody"))
        assert (code, given[0]) == (errors.NOT_AUTHORISED, "trust")
        assert client.error("distrust", key=bytes(8))[0] == errors.NOT_AUTHORISED
        assert client.request("keys") == []


def test_an_order_enrols_and_takes_back(board: SimBoard, owner: Secret) -> None:
    other = Secret.generate()
    with board.tcp() as client:
        given = order(client, owner, "trust", **trusting(other, "other", runes=["sine*"]))
        client.request("trust", **given)
        assert [key["name"] for key in client.request("keys")] == ["owner", "other"]
        client.request("distrust", **order(client, owner, "distrust", key=key_id(public(other))))
        assert [key["name"] for key in client.request("keys")] == ["owner"]


def test_an_order_is_good_once_and_for_what_it_says(board: SimBoard, owner: Secret) -> None:
    with board.tcp() as client, board.tcp() as second:
        given = order(client, owner, "distrust", key=bytes(8))
        # On another link, for another verb, with other arguments, and a second time.
        assert second.error("distrust", **given)[0] == errors.NOT_AUTHORISED
        assert client.error("distrust", **given | {"key": bytes(7)})[0] == errors.NOT_AUTHORISED
        assert client.error("distrust", **given)[0] == errors.NOT_AUTHORISED
        given = order(client, owner, "distrust", key=bytes(8))
        assert client.error("distrust", **given)[0] == errors.UNKNOWN_KEY
        assert client.error("distrust", **given)[0] == errors.NOT_AUTHORISED
        crossed = order(client, owner, "distrust", key=bytes(8))
        wanted = trusting(Secret.generate(), "other") | {"order": crossed["order"]}
        assert client.error("trust", **wanted)[0] == errors.NOT_AUTHORISED


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"key": None},
        {"key": bytes(8)},
        {"nonce": bytes(16)},
        {"nonce": b""},
        {"signature": bytes(64)},
        {"signature": b"short"},
        {"signature": 7},
    ],
    ids=str,
)
def test_a_wrong_order_is_refused(board: SimBoard, owner: Secret, wrong: dict[str, Any]) -> None:
    with board.tcp() as client:
        given = order(client, owner, "distrust", key=key_id(public(owner)))
        given["order"] = given["order"] | wrong if wrong else {}
        assert client.error("distrust", **given)[0] == errors.NOT_AUTHORISED
        assert len(client.request("keys")) == 1


def test_a_key_with_limits_gives_no_orders(board: SimBoard, owner: Secret) -> None:
    guests = {"runes": Secret.generate(), "capabilities": Secret.generate()}
    with board.serial() as cable:
        for limit, secret in guests.items():
            cable.request("trust", **trusting(secret, limit, **{limit: ["SOUND"]}))
    with board.tcp() as client:
        for secret in guests.values():
            given = order(client, secret, "trust", **trusting(secret, "more"))
            assert client.error("trust", **given)[0] == errors.NOT_AUTHORISED


def test_what_is_no_key_and_one_too_many_are_refused(board: SimBoard, owner: Secret) -> None:
    with board.serial() as cable:
        weak = NO_LIMITS | {"name": "weak", "public": bytes(32)}
        assert cable.error("trust", **weak)[0] == errors.BAD_REQUEST
        assert cable.error("distrust", key=bytes(8))[0] == errors.UNKNOWN_KEY
        for number in range(7):
            cable.request("trust", **trusting(Secret.generate(), f"key {number}"))
        one_more = trusting(Secret.generate(), "one more")
        assert cable.error("trust", **one_more)[0] == errors.BAD_REQUEST
        # The same key again, under another name, takes no other place.
        cable.request("trust", **trusting(owner, "renamed"))
        assert len(cable.request("keys")) == 8


@pytest.mark.parametrize("damaged", [b"", b"\xff", b"\x80", b"\x81\x05", b"\x81\xa1bid\x00"])
def test_a_damaged_file_of_keys_trusts_nobody(tmp_path: Path, damaged: bytes) -> None:
    (tmp_path / "runes").mkdir()
    (tmp_path / "runes" / "keys").write_bytes(damaged)
    with SimBoard(tmp_path, trusts=False) as board, board.tcp() as client:
        assert client.request("keys") == []


@pytest.mark.parametrize(
    ("pattern", "name", "matching"),
    [
        ("sine", "sine", True),
        ("sine", "sines", False),
        ("sine*", "sines", True),
        ("*", "", True),
        ("*-v*-*", "kws-v2-de", True),
        ("*-v*-*", "kws-v2", False),
        ("ab*ba", "aba", False),
        ("*a*a*a*a*a*a*a*b", "a" * 60, False),
    ],
)
def test_patterns_of_names(pattern: str, name: str, matching: bool) -> None:
    assert matches(pattern, name) is matching
