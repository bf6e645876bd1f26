"""Boards looked at again and again: what they do now, from two looks, and what they did lately."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from runicd import drift, saga
from runicd.answers import checked
from runicd.client import Client
from runicd.errors import BoardError, RunicError
from runicd.links.base import Link
from runicos.contract.sentences import sentence

LOOKS_KEPT = 120
# Counts of a Rune's inputs and answers are asked for at one of so many looks.
_LOOKS_PER_DRIFT = 10
_HELLO_S = 1.0
# A call may take 5 s where nobody set a limit, and a board answers after it.
_DEADLINE_S = 6.0
_ANSWER: dict[str, type] = {"board": str, "uptime_ms": int, "heap": dict, "runes": list}
_HEAP: dict[str, type] = {"used": int, "free": int}
_ROW: dict[str, type] = {
    "name": str,
    "state": str,
    "calls": int,
    "failures": int,
    "last_us": int,
    "mean_us": int,
    "total_us": int,
    "ram_bytes": int,
    "restarts": int,
}
_ROW_MAYBE: dict[str, type] = {"retry_ms": int, "denials": dict, "waiting": list}


@dataclass(slots=True)
class RuneNow:
    """A Rune as it was at the last look, and between that and the one before."""

    row: dict[str, Any]
    calls_per_s: float | None = None
    load: float | None = None
    latencies_us: deque[float] = field(default_factory=lambda: deque(maxlen=LOOKS_KEPT))
    drift: drift.Drift | None = None


class Watched:
    """One board. `look` never raises for a board that is not there: `lost` says why."""

    def __init__(self, target: str, connect: Callable[[], Link]) -> None:
        self.target = target
        self._connect = connect
        self._client: Client | None = None
        self.health: dict[str, Any] | None = None
        self.lost: str | None = None
        self.runes: dict[str, RuneNow] = {}
        self.loads: deque[float] = deque(maxlen=LOOKS_KEPT)
        self.heaps: deque[float] = deque(maxlen=LOOKS_KEPT)
        self._looks = 0

    def close(self) -> None:
        """Let the link go."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def look(self) -> None:
        """Ask the board how it is; a link that was lost is made anew."""
        try:
            if self._client is None:
                self._client = Client(self._connect, hello_s=_HELLO_S, interrupts=False)
            answer = self._client.request("health", deadline_s=_DEADLINE_S)
            where = self._client.where
            now = checked(answer, _ANSWER, "health", where)
            checked(now["heap"], _HEAP, "health", where)
            rows = [_row(row, where) for row in now["runes"]]
            drifts = self._drifts([row["name"] for row in rows])
        except RunicError as error:
            self.close()
            self._looks = 0
            self.health, self.lost, self.runes = None, error.what, {}
            return
        self._take(now, rows)
        for name in drifts:
            self.runes[name].drift = drifts[name]

    def _drifts(self, names: list[str]) -> dict[str, drift.Drift | None]:
        """Return what is known of each Rune's drift, at the looks that ask for it."""
        asks, self._looks = self._looks % _LOOKS_PER_DRIFT == 0, self._looks + 1
        return {name: self._drift(name) for name in names} if asks else {}

    def _drift(self, name: str) -> drift.Drift | None:
        assert self._client is not None
        try:
            told = self._client.request("stats", {"name": name}, deadline_s=_DEADLINE_S)
        except BoardError:
            return None  # it has gone meanwhile
        counts = told.get("saga") if isinstance(told, dict) else None
        return drift.judge(saga.read(counts, self._client.where)) if counts else None

    def _take(self, now: dict[str, Any], rows: list[dict[str, Any]]) -> None:
        earlier, self.health, self.lost = self.health, now, None
        passed_ms = 0 if earlier is None else now["uptime_ms"] - earlier["uptime_ms"]
        self.runes = {
            row["name"]: _later(self.runes.get(row["name"]), row, passed_ms) for row in rows
        }
        heap = now["heap"]
        self.heaps.append(heap["used"] / max(1, heap["used"] + heap["free"]))
        loads = [rune.load for rune in self.runes.values() if rune.load is not None]
        if passed_ms > 0:
            self.loads.append(min(1.0, sum(loads)))

    def told(self) -> dict[str, Any]:
        """Return what is known, for JSON."""
        if self.health is None:
            return {"target": self.target, "lost": self.lost}
        runes = [
            rune.row
            | {"sha256": _hex(rune.row.get("sha256")), "error": error_text(rune.row)}
            | {"calls_per_s": rune.calls_per_s, "load": rune.load}
            | {"drift": None if rune.drift is None else rune.drift.verdict}
            for rune in self.runes.values()
        ]
        load = self.loads[-1] if self.loads else None
        return {"target": self.target} | self.health | {"load": load, "runes": runes}


def _row(told: Any, where: str) -> dict[str, Any]:
    """Return a Rune's row; what only some have is of the right type. Raises LinkError."""
    row = checked(told, _ROW, "health", where)
    there = {name: kind for name, kind in _ROW_MAYBE.items() if row.get(name) is not None}
    return checked(row, there, "health", where)


def _later(before: RuneNow | None, row: dict[str, Any], passed_ms: int) -> RuneNow:
    """Return a Rune after another look; one that was reset begins anew."""
    if before is None or passed_ms <= 0 or row["calls"] < before.row["calls"]:
        now = RuneNow(row)
    else:
        calls = row["calls"] - before.row["calls"]
        busy_us = row["total_us"] - before.row["total_us"]
        load = busy_us / 1000 / passed_ms
        now = RuneNow(row, 1000 * calls / passed_ms, load, before.latencies_us, before.drift)
    if row["calls"]:
        now.latencies_us.append(float(row["last_us"]))
    return now


def error_text(row: Mapping[str, Any]) -> str | None:
    """Return a Rune's last error as a sentence, None where there is none."""
    error = row.get("last_error")
    if isinstance(error, list) and len(error) == 2 and isinstance(error[1], list):
        return sentence(error[0], error[1])
    return None


def _hex(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value
