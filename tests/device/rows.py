"""What `ps` says of a Rune, now or as soon as it says what is waited for."""

import time
from collections.abc import Callable
from typing import Any

from tests.device.sim_board import Client

# A loaded machine takes its time; what is waited for comes all the same.
_SETTLED_S = 60


def row(client: Client, name: str) -> dict[str, Any]:
    """The Rune's row."""
    found: dict[str, Any] = next(row for row in client.request("ps") if row["name"] == name)
    return found


def until(client: Client, name: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The Rune's row as soon as something holds for it."""
    deadline = time.monotonic() + _SETTLED_S
    while not holds(found := row(client, name)):
        assert time.monotonic() < deadline, found
        time.sleep(0.01)
    return found


def in_state(state: str) -> Callable[[dict[str, Any]], bool]:
    """What holds for a Rune in that state."""
    return lambda found: bool(found["state"] == state)


def goes_on(client: Client, name: str) -> dict[str, Any]:
    """The Rune's row once it has been called again."""
    calls = row(client, name)["calls"]
    return until(client, name, lambda found: found["calls"] > calls)
