"""Starts a Rune, and hears how its first call went where it is called by its period.

The board answers `start` before it calls the Rune: what fails at once would look as if it ran.
"""

from __future__ import annotations

import time
from typing import Any

from runicd.answers import checked
from runicd.client import DEADLINE_S, Client, is_error
from runicd.errors import BoardError, LinkTimeout, RuneFailed, RunicError, board_error
from runicos.contract.errors import WENT_BACK
from runicos.contract.sentences import sentence

_START_DEADLINE_S = 30.0
_FIRST_CALL_S = 1.0
_ASK_AGAIN_S = 0.02
# A Rune that failed and is called by its period is started again later.
_FAILED = ("failed", "backing off")
_ANSWER: dict[str, type] = {"granted": list, "self_test": str}
_ROW: dict[str, type] = {"name": str}


def start(client: Client, name: str, period_ms: int | None = None) -> dict[str, Any]:
    """Start a Rune and return the board's answer: its "granted" kinds and its "self_test".

    `period_ms` overrides the Rune's own period. Raises BoardError, with exit code 5 when the first
    call fails or the board went back to the previous version, and RuneFailed when that call does
    not end.
    """
    arguments = {"name": name} | ({} if period_ms is None else {"period_ms": period_ms})
    answer = client.request("start", arguments, deadline_s=_START_DEADLINE_S)
    return heard(client, name, answer, period_ms)


def heard(client: Client, name: str, answer: Any, period_ms: int | None) -> dict[str, Any]:
    """Return the answer to a start once the first call has gone well. Raises what `start` does."""
    granted = checked(answer, _ANSWER, "answer to `start`", client.where)
    if period_ms != 0:
        _hear_first_call(client, name, on_trial=bool(granted.get("trial")))
    return granted


def _hear_first_call(client: Client, name: str, *, on_trial: bool) -> None:
    """Raise what the first call of a Rune that is called by its period ends in, if it fails.

    Of a version on trial that failed, the board tells that it went back.

    One question is mostly enough: the board calls the Rune before it reads on.
    """
    end = time.monotonic() + _FIRST_CALL_S
    while time.monotonic() < end:
        try:
            rows = client.rows("ps")
        except LinkTimeout as silence:
            raise RuneFailed(
                f"the first call of {name} has not ended within {DEADLINE_S:g} s, and the board "
                "answers nothing meanwhile",
                where=client.where,
                remedy=f"reset the board, then `runicd rm {name}`",
            ) from silence
        checked_rows = [checked(row, _ROW, "list of Runes", client.where) for row in rows]
        row = next((row for row in checked_rows if row["name"] == name), {})
        if on_trial and isinstance(row.get("went_back"), list):
            raise _went_back(client, row)
        if row.get("state") in _FAILED and is_error(row.get("last_error")):
            _raise_failure(client, name, row["last_error"])
        if not row.get("period_ms") or row.get("calls") or row.get("failures"):
            return
        time.sleep(_ASK_AGAIN_S)


def _went_back(client: Client, row: dict[str, Any]) -> RunicError:
    arguments = [row["name"], row.get("release"), *row["went_back"]]
    return board_error(WENT_BACK, arguments, client.where)


def _raise_failure(client: Client, name: str, error: list[Any]) -> None:
    what, _, remedy = sentence(error[0], error[1]).partition("; ")
    raise BoardError(
        f"{name} failed in its first call: {what}",
        error[0],
        error[1],
        exit_code=RuneFailed.exit_code,
        where=client.where,
        remedy=remedy or f"`runicd logs {name}` tells more",
    )
