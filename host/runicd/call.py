"""Calls a Rune, and takes in what Runes send to their outputs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from runicd import drift, saga
from runicd.answers import checked
from runicd.client import Client, Event, follow, is_error
from runicd.errors import BoardError, LinkError, board_error
from runicd.types import Record, Result
from runicos.contract.errors import NO_SUCH_RUNE, NOT_RUNNING, WENT_BACK
from runicos.contract.sentences import sentence

_CALL_DEADLINE_S = 60.0
_FOLLOW_STEP_S = 1.0
_LATE_S = 2.0
_ROW: dict[str, type] = {"name": str, "state": str, "calls": int, "failures": int}
_STATS: dict[str, type] = _ROW | {"stages": list}
_STAGE: dict[str, type] = {"kind": str, "name": str}
_STAGE_FIGURES: dict[str, type] = {"calls": int, "total_us": int, "max_us": int, "last_us": int}
_LOGS: dict[str, type] = {"records": list, "next": int}


def subscribe(client: Client, topics: list[str], name: str | None = None) -> None:
    """Ask the board to send events of these topics, of one Rune or of all.

    What the board had kept for the first reader has come, and is dropped, when this returns.
    """
    client.request("subscribe", {"topics": topics} | ({"name": name} if name else {}))
    # Events that wait on the board overtake no answer: one exchange later they are here.
    client.request("ps")
    client.drop_events()


def call(
    client: Client, name: str, *, outputs: int = 0, deadline_s: float = _CALL_DEADLINE_S
) -> list[Result]:
    """Call a Rune once and return what it sent to its outputs.

    The client must be subscribed to "out" of that Rune. `outputs` says how many results a call
    has, where it is known: then late ones are waited for. Raises BoardError when the call fails,
    with code SOURCE_END when a sensor's files have come to their end.
    """
    client.drop_events()
    try:
        client.request("call", {"name": name, "count": 1}, deadline_s=deadline_s)
    except BoardError as error:
        raise with_reason(error, client, name) from None
    found: list[Result] = []
    # A call's outputs come before its answer, unless the link was full.
    while event := client.next_event(_LATE_S if len(found) < outputs else 0):
        if event.topic == "out":
            result = read_result(event, client.where)
            if result.rune == name:
                found.append(result)
    return found


def with_reason(error: BoardError, client: Client, name: str) -> BoardError:
    """Add to an error why a Rune is not running, which the board tells only when it is asked."""
    if error.code != NOT_RUNNING:
        return error
    reasons = [row["error"] for row in ps(client) if row["name"] == name and row["error"]]
    error.what = ": ".join([error.what, *reasons])
    return error


def results(
    client: Client,
    *,
    name: str | None = None,
    timeout_s: float | None = None,
    reconnect_s: float = 0.0,
) -> Iterator[Result | Record]:
    """Yield results and log records as they come, until `timeout_s` passes without any.

    With a `name`, those of other Runes are passed over. A lost link is made again for up to
    `reconnect_s`; then LinkClosed is raised.
    """
    quiet_since = time.monotonic()
    while timeout_s is None or time.monotonic() - quiet_since < timeout_s:
        step_s = _FOLLOW_STEP_S if timeout_s is None else min(_FOLLOW_STEP_S, timeout_s)
        item = _read(follow(client, step_s, reconnect_s), client.where)
        if item is None or name not in (None, item.rune):
            continue
        yield item
        quiet_since = time.monotonic()


def _read(event: Event | None, where: str) -> Result | Record | None:
    if event is not None and event.topic == "out":
        return read_result(event, where)
    if event is not None and event.topic == "log":
        return read_record(event.value, where)
    return None


def read_result(event: Event, where: str = "") -> Result:
    """Return an `out` event as a Result; LinkError when it is none."""
    fields = _checked(event.value, (str, int, str, int, bytes), where)
    return Result(*fields)


def read_record(value: Any, where: str = "") -> Record:
    """Return a log record as the board sends it; LinkError when it is none."""
    fields = _checked(value, (int, str, str, int, str, int), where)
    return Record(*fields)


def _checked(value: Any, kinds: tuple[type, ...], where: str) -> list[Any]:
    fits = isinstance(value, list) and len(value) == len(kinds)
    if not fits or not all(
        isinstance(item, kind) for item, kind in zip(value, kinds, strict=True)
    ):
        raise LinkError(f"the board's event cannot be read ({value!r})", where=where)
    fields: list[Any] = value
    return fields


def logs(client: Client, name: str | None = None) -> Iterator[Record]:
    """Yield the log records that the board still holds, oldest first.

    Raises BoardError for a Rune that is not there and left no records.
    """
    after = 0
    while True:
        wanted = {"after": after} | ({"name": name} if name else {})
        answer = checked(client.request("logs", wanted), _LOGS, "log", client.where)
        records = [read_record(record, client.where) for record in answer["records"]]
        yield from records
        if name and not records and not after:
            check_known(client, name)
        if not records or answer["next"] <= after:
            return
        after = answer["next"]


def check_known(client: Client, name: str) -> None:
    """Raise BoardError for a Rune that is not on the board."""
    if not any(row["name"] == name for row in ps(client)):
        raise board_error(NO_SUCH_RUNE, [name], client.where)


def ps(client: Client) -> list[dict[str, Any]]:
    """Return a map for each Rune on the board, its last error as the sentence "error"."""
    return [_row(checked(row, _ROW, "list of Runes", client.where)) for row in client.rows("ps")]


def stats(client: Client, name: str) -> dict[str, Any]:
    """Return a Rune's figures: its row of `ps` and more, with its stages'."""
    answer = client.request("stats", {"name": name})
    found = _row(checked(answer, _STATS, "statistics", client.where))
    stages = [checked(stage, _STAGE, "statistics", client.where) for stage in found["stages"]]
    # A stage that was not timed yet has no figures.
    untimed = dict.fromkeys(_STAGE_FIGURES, 0)
    found["stages"] = [
        checked(untimed | stage, _STAGE_FIGURES, "statistics", client.where) for stage in stages
    ]
    counts = found.pop("saga", None)
    if not counts:
        return found
    return found | _counted(saga.read(counts, client.where), found["stages"], found["max_us"])


def _counted(counts: saga.Saga, stages: list[dict[str, Any]], max_us: int) -> dict[str, Any]:
    """Return what was counted of a Rune's calls, in words; stages get their own."""
    for stage, histogram in zip(stages, counts.stages, strict=False):
        stage.update(_percentiles(histogram, stage["max_us"]))
    latency = _percentiles(counts.latency, max_us) | {"timed": counts.calls}
    told: dict[str, Any] = {"latency": latency | {"histogram": counts.latency.filled()}}
    told |= {"classes": list(counts.classes), "confidences": list(counts.confidences)}
    if counts.inputs is not None:
        baseline = None if counts.baseline is None else asdict(counts.baseline)
        told["inputs"] = asdict(counts.inputs) | {"type": counts.input_type, "baseline": baseline}
    if counts.input_type is not None or counts.classes:
        judged = drift.judge(counts)
        found = {"verdict": "unknown"} if judged is None else asdict(judged)
        told["drift"] = found | {"text": drift.words(judged)}
    return told


def _percentiles(histogram: saga.Histogram, max_us: int) -> dict[str, float | None]:
    return {f"p{share}_us": histogram.percentile_us(share, max_us) for share in (50, 95, 99)}


def _went_back(row: dict[str, Any]) -> str | None:
    """Return why the board went back to the version that a row is of, None if it did not."""
    reason = row.get("went_back")
    if not isinstance(reason, list) or len(reason) != 3:
        return None
    return sentence(WENT_BACK, [row["name"], row.get("release"), *reason])


def _row(row: dict[str, Any]) -> dict[str, Any]:
    error = row.get("last_error")
    text = sentence(*error) if is_error(error) else error
    sha256 = row.get("sha256")
    return row | {
        "error": text,
        "went_back_because": _went_back(row),
        "sha256": sha256.hex() if isinstance(sha256, bytes) else sha256,
        "waiting": _waiting(row.get("waiting")),
    }


def _waiting(told: Any) -> dict[str, str] | None:
    """Return the version that waits for a grant, None if none does."""
    if not isinstance(told, list) or len(told) != 2 or not isinstance(told[1], bytes):
        return None
    return {"release": str(told[0]), "sha256": told[1].hex()}
