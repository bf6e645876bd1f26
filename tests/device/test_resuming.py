"""Runes that only want of a grant stopped run again once they have it; no others do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runicos.contract import errors
from tests.board import run_ok
from tests.device.runes import stock, with_manifest
from tests.device.sim_board import Client, SimBoard
from tests.device.test_grants import ASK, demands, state
from tests.signing import KEY_ID


@pytest.fixture
def cable(tmp_path: Path) -> Iterator[Client]:
    """Whoever holds the cable is the owner."""
    with SimBoard(tmp_path) as board, board.serial() as client:
        yield client


def grant(cable: Client, wanted: dict[str, Any]) -> list[str]:
    """Grant sine demands; return the Runes that run again."""
    arguments = {"signer": KEY_ID, "name": "sine", "demands": wanted}
    resumed: list[str] = cable.request("grant", **arguments)["resumed"]
    return resumed


def test_a_rune_that_a_revoke_stopped_runs_again_once_it_is_granted(cable: Client) -> None:
    wanted = demands(stock("sine"))
    cable.upload("sine", stock("sine"))
    cable.request("start", name="sine", period_ms=20)
    assert cable.request("revoke", name="sine", kinds=["RAND", "SERIAL"])["stopped"] == ["sine"]
    some = {"RAND": wanted["RAND"]}
    assert grant(cable, some) == []
    assert state(cable, "sine") == ("stopped", errors.NOT_GRANTED)
    assert grant(cable, wanted) == ["sine"]
    assert state(cable, "sine") == ("running", 0)
    assert cable.request("ps")[0]["period_ms"] == 20


def test_a_rune_that_its_owner_stopped_stays_stopped_when_it_is_granted(cable: Client) -> None:
    cable.upload("sine", stock("sine"))
    cable.request("start", name="sine", period_ms=0)
    cable.request("revoke", name="sine", kinds=["RAND"])
    cable.request("stop", name="sine")
    assert grant(cable, demands(stock("sine"))) == []
    assert state(cable, "sine") == ("stopped", 0)


def test_a_rune_that_a_policy_stopped_runs_again_under_another(cable: Client) -> None:
    cable.upload("sine", stock("sine"))
    cable.request("start", name="sine", period_ms=0)
    told = cable.request("policy_set", policy=ASK)
    assert told == {"stopped": ["sine"], "resumed": [], "started": []}
    told = cable.request("policy_set", policy=None)
    assert told == {"stopped": [], "resumed": ["sine"], "started": []}
    assert cable.request("call", name="sine", count=2) == {"calls": 2}


def test_a_rune_that_was_refused_at_a_start_of_the_board_runs_once_it_is_granted(
    tmp_path: Path,
) -> None:
    flash = tmp_path / "flash"
    with SimBoard(flash) as board, board.serial() as cable:
        cable.upload("sine", stock("sine"))
        cable.request("start", name="sine", period_ms=20)
        cable.request("revoke", name="sine", kinds=["RAND"])
    with SimBoard(flash) as board, board.serial() as cable:
        assert state(cable, "sine") == ("failed", errors.NOT_GRANTED)
        assert grant(cable, demands(stock("sine"))) == ["sine"]
        assert state(cable, "sine") == ("running", 0)
        assert cable.request("ps")[0]["period_ms"] == 20


def test_runes_that_a_damaged_policy_kept_from_running_run_once_it_is_replaced(
    tmp_path: Path,
) -> None:
    flash = tmp_path / "flash"
    with SimBoard(flash) as board, board.serial() as cable:
        for name in ("sine", "other"):
            cable.upload(name, with_manifest(stock("sine"), name=name))
            cable.request("start", name=name, period_ms=20)
            cable.request("call", name=name, count=3)
    (flash / "runes" / "policy").write_bytes(b"\xff\xff")
    with SimBoard(flash) as board, board.serial() as cable:
        for row in cable.request("ps"):
            assert (row["state"], row["last_error"][0]) == ("failed", errors.BAD_POLICY)
        rules = [{"effect": "deny", "rune": "other"}]
        told = cable.request("policy_set", policy={"default": "allow", "rules": rules})
        assert told == {"stopped": [], "resumed": ["sine"], "started": []}
        assert state(cable, "sine") == ("running", 0)
        # What the new policy denies is let go by the next one.
        told = cable.request("policy_set", policy=None)
        assert told == {"stopped": [], "resumed": ["other"], "started": []}
        assert [row["period_ms"] for row in cable.request("ps")] == [20, 20]


# Files are mapped on the board that runs here: the shortage of one that copies them is acted out.
SHORTAGE = """
from runicos.contract.errors import NOT_GRANTED, Refused
from runicos.resuming import resume
from runicos.rune_state import Rune
from runicos.runes import Runes

class Store:
    def decision(self, name):
        return {"started": True}

class Cramped(Runes):
    def open(self, rune):
        print("opens", rune.name)
        raise MemoryError("memory allocation failed, allocating 400000 bytes")

def note(level, name, *told):
    print(name, told)

runes = Cramped(Store(), None, None, None, None, note, None)
for name in ("first", "second"):
    rune = runes.by_name[name] = Rune(name)
    rune.last_error = Refused([(NOT_GRANTED, name, "RAND", name)])
print(resume(runes))
"""


def test_a_rune_that_there_is_no_memory_to_open_is_told_and_the_others_go_on() -> None:
    lines = run_ok(SHORTAGE).splitlines()
    assert [lines[0], lines[2], lines[4]] == ["opens first", "opens second", "[]"]
    for name, line in (("first", lines[1]), ("second", lines[3])):
        assert line.startswith(name + " (")
        assert "the board found no 400000 bytes of RAM in one piece" in line
