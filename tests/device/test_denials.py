"""What a Rune is denied, by policy and by grant, is counted by its kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.device.runes import stock, with_manifest
from tests.device.sim_board import BoardError, Client, SimBoard
from tests.device.test_grants import ASK, demands
from tests.device.test_original_runes import SINE, original
from tests.signing import KEY_ID


@pytest.fixture
def cable(tmp_path: Path) -> Iterator[Client]:
    raw = tmp_path / "turns.raw"
    raw.write_bytes(bytes(8))
    with SimBoard(tmp_path / "flash", "--raw", raw) as board, board.serial() as client:
        yield client


def denials(client: Client, name: str) -> dict[str, int]:
    """What a Rune was denied, as its statistics and the list of Runes say."""
    row = next(row for row in client.request("ps") if row["name"] == name)
    told: dict[str, int] = client.request("stats", name=name)["denials"]
    assert row.get("denials", {}) == told
    return told


def test_denials_by_policy_and_by_grant_are_counted_by_kind(cable: Client) -> None:
    cable.upload("sine", stock("sine"))
    assert denials(cable, "sine") == {}
    cable.request("start", name="sine", period_ms=0)
    cable.request("revoke", name="sine", kinds=["RAND"])
    assert denials(cable, "sine") == {"RAND by grant": 1}
    cable.error("start", name="sine")
    assert denials(cable, "sine") == {"RAND by grant": 2}
    rules = [{"effect": "deny", "kinds": ["SERIAL"]}]
    cable.request("policy_set", policy={"default": "allow", "rules": rules})
    cable.error("start", name="sine")
    both = {"RAND by grant": 3, "SERIAL by policy": 1}
    assert denials(cable, "sine") == both
    with pytest.raises(BoardError):
        cable.upload("sine", with_manifest(stock("sine"), release="9.9.9"))
    assert denials(cable, "sine") == {"RAND by grant": 4, "SERIAL by policy": 2}


def test_what_waits_counts_what_it_was_denied(cable: Client) -> None:
    cable.request("policy_set", policy=ASK)
    cable.request(
        "grant", signer=KEY_ID, name="sine", demands={"RAND": demands(stock("sine"))["RAND"]}
    )
    cable.upload("sine", stock("sine"))
    assert denials(cable, "sine") == {"SERIAL by grant": 1}


def test_an_original_rune_counts_what_it_was_denied(cable: Client) -> None:
    cable.request("policy_set", policy=ASK)
    cable.upload("original", original(SINE))
    cable.error("start", name="original")
    assert denials(cable, "original") == {"RAW by grant": 1, "SERIAL by grant": 1}
