"""What a board refuses, and what it stops because its owner decided so, is in its log with why."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from runicos.contract.signature import key_id
from tests.device.runes import stock, with_manifest
from tests.device.sim_board import BoardError, Client, SimBoard
from tests.device.test_grants import ASK
from tests.signing import KEY_ID, signed, unsigned

SINE = stock("sine")
DENY = {"default": "deny", "rules": []}


@pytest.fixture
def cable(tmp_path: Path) -> Iterator[Client]:
    with SimBoard(tmp_path) as board, board.serial() as client:
        yield client


def warnings(client: Client) -> list[str]:
    """The warnings in the log that are sine's."""
    records = client.request("logs", name="sine")["records"]
    return [record[4] for record in records if record[1] in ("error", "warning")]


def refused(client: Client, data: bytes) -> None:
    with pytest.raises(BoardError):
        client.upload("sine", data, as_it_is=True)


def test_a_cast_that_is_refused_is_in_the_log_with_its_reason(cable: Client) -> None:
    stranger = Ed25519PrivateKey.generate()
    refused(cable, unsigned(SINE))
    refused(cable, signed(unsigned(SINE), stranger))
    cable.request("policy_set", policy=DENY)
    refused(cable, SINE)
    strange = key_id(stranger.public_key().public_bytes_raw()).hex()
    told = warnings(cable)
    assert told[0].startswith("a cast is refused: sine is not signed, and this board takes")
    assert told[1].startswith(f"a cast is refused: the board does not trust key {strange}")
    assert told[2].startswith("a cast is refused: the board's policy (its default) denies RAND")
    assert len(told) == 3


def test_a_cast_below_the_floor_is_in_the_log_with_its_reason(cable: Client) -> None:
    cable.upload("sine", with_manifest(SINE, release="2.0.0"))
    cable.request("start", name="sine", period_ms=0)
    cable.request("call", name="sine", count=3)
    refused(cable, SINE)
    (told,) = warnings(cable)
    assert told.startswith("a cast is refused: sine 0.1.0 would go back behind 2.0.0")


def test_a_first_version_that_waits_for_a_grant_says_so_in_the_log(cable: Client) -> None:
    cable.request("policy_set", policy=ASK)
    cable.upload("sine", SINE)
    assert warnings(cable) == ["version 0.1.0 waits for a grant"]


def test_a_rune_that_a_revoked_key_stopped_says_why_in_the_log(cable: Client) -> None:
    cable.upload("sine", SINE)
    cable.request("start", name="sine", period_ms=0)
    cable.request("call", name="sine", count=3)
    cable.request("distrust", key=KEY_ID)
    (told,) = warnings(cable)
    assert told.startswith(f"the board does not trust key {KEY_ID.hex()}")
