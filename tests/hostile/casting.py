"""Casting a hostile Rune onto a board, and a good one after it."""

from dataclasses import dataclass
from typing import Any

from runicos.contract import errors
from tests.device.runes import stock
from tests.device.sim_board import BoardError, Client
from tests.hostile.corpus import Hostile, rune_bytes

_CODES = {value: name for name, value in vars(errors).items() if isinstance(value, int)}
GOOD = "sine"


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended: where, after how many calls, and the error's name and words."""

    step: str
    calls: int
    code: str
    words: str


def cast_and_call(client: Client, hostile: Hostile) -> Ended:
    """Cast it, start it and call it until it is stopped, or has been called enough."""
    for step, number in steps(hostile):
        try:
            take(client, step, hostile)
        except BoardError as error:
            return Ended(step, number, _CODES[error.code], _words(error))
    return Ended("runs", hostile.calls, "", "")


def steps(hostile: Hostile) -> list[tuple[str, int]]:
    """Return all that is asked for it: what, and which call it is."""
    calls = [("call", number + 1) for number in range(hostile.calls or 3)]
    return [("cast", 0), ("start", 0), *calls]


def take(client: Client, step: str, hostile: Hostile) -> None:
    """Take one step. Raises BoardError where the board stops it."""
    if step == "cast":
        client.upload(hostile.rune, rune_bytes(hostile))
    elif step == "start":
        client.request("start", name=hostile.rune, period_ms=0, timeout_s=60)
    else:
        client.request("call", name=hostile.rune, timeout_s=60)


def assert_stopped(client: Client, hostile: Hostile) -> None:
    """Cast it; check that it is stopped where and by what its head says, and remove it."""
    ended = cast_and_call(client, hostile)
    assert (ended.step, ended.calls) == (hostile.step, hostile.calls), ended
    if hostile.step != "runs":
        code, text = hostile.stopped_by
        assert ended.code == code, ended
        assert any(one in ended.words for one in text.split("|")), ended
    assert client.request("hello").get("fault", "") == ""
    remove(client, hostile.rune)


def _words(error: BoardError) -> str:
    """Return the error's sentence, and its arguments as they are."""
    return f"{error.args[2]} {error.arguments}"


def remove(client: Client, name: str) -> None:
    """Remove a Rune if it is there."""
    if name in [row["name"] for row in client.request("ps")]:
        client.request("rm", name=name)


def good_rune_runs(client: Client) -> None:
    """Cast a good Rune: its golden vectors give the right numbers, and it can be called."""
    client.upload(GOOD, stock(GOOD))
    started = client.request("start", name=GOOD, period_ms=0)
    assert started["self_test"] == "passed"
    assert client.request("call", name=GOOD, count=3) == {"calls": 3}
    client.request("rm", name=GOOD)


def heap_free(client: Client) -> int:
    """Return the bytes that are free on the board's heap, after a collection."""
    facts: dict[str, Any] = client.request("facts")
    return int(facts["heap_free"])
