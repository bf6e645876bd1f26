"""`runicd bench`: what each stage of a Rune costs on a board, by the board's own clock."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

from runicd import call as calls
from runicd import targets
from runicd.answers import checked
from runicd.cast.cast import Quiet, cast
from runicd.cast.preflight import board_facts
from runicd.cli_board import sensor_advice
from runicd.cli_show import Show
from runicd.client import Client
from runicd.errors import InputError
from runicd.runefile.open_rune import open_rune

_ROUNDS_LEAST = 20
# The board answers nobody during a round, nor whoever ends this command.
_ROUND_S = 0.5
_DEADLINE_S = 120.0
_FIGURES: dict[str, type] = {"calls": int, "total_us": int, "last_us": int, "max_us": int}
_LOADED = ("running", "waiting")
_COLUMNS = {
    "kind": "Kind",
    "name": "Stage",
    "mean_us": "Mean us",
    "min_us": "Min us",
    "max_us": "Max us",
    "share": "Share %",
    "ram_bytes": "RAM bytes",
}
_CLOCKS = {
    "host": "that of this machine: figures are this machine's, and vary with its load",
    "emulated": "the emulator's: figures are not those of the chip, and not exact to the cycle",
}
_OWN_CLOCK = "the board's own"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a stage costs, or the container around the stages.

    `min_us` is the least of those runs that were looked at, `max_us` the most since the Rune was
    loaded; None where the board does not tell.
    """

    kind: str
    name: str
    mean_us: float
    min_us: int | None
    max_us: int | None
    share: float
    ram_bytes: int | None


def bench(arguments: Namespace, show: Show) -> int:
    """Measure a Rune and leave the board as it was."""
    bar = show.bar("Calling", of_bytes=False)
    target = targets.resolve(arguments.target)
    with (
        Client(target.connect) as client,
        sensor_advice(target),
        _loaded(arguments.rune, client, keep=arguments.keep) as name,
    ):
        facts = board_facts(client)
        try:
            samples = _measure(client, name, arguments.calls, bar.update)
        finally:
            bar.close()
    whole, stages = _costs(samples)
    clock = _CLOCKS.get(str(facts.get("clock")), _OWN_CLOCK)
    if show.json:
        memory = samples[-1].get("memory", {}) | {"heap": samples[-1].get("heap", {})}
        told = {"board": facts["name"], "rune": name, "calls": arguments.calls, "clock": clock}
        tables = {"call": asdict(whole), "stages": [*map(asdict, stages)], "memory": memory}
        show.value(told | tables)
        return 0
    show.line(f"{name} on {facts['name']} ({facts.get('chip', '')}), {arguments.calls} calls")
    show.line(f"  Clock   {clock}")
    show.line(f"  Call    {whole.mean_us:,.1f} us on average, {whole.max_us:,} us at most")
    show.line(f"  RAM     {whole.ram_bytes or 0:,} bytes")
    show.listing([asdict(cost) for cost in stages], _COLUMNS)
    return 0


@contextmanager
def _loaded(given: str, client: Client, *, keep: bool) -> Iterator[str]:
    """Have the Rune on the board: cast from a file, or the one that is there by that name.

    What was cast is removed at the end, unless `keep`. Raises InputError where to measure would
    change what the owner of the board decided.
    """
    rows = {row["name"]: row for row in calls.ps(client)}
    if given in rows and not Path(given).exists():
        _check_loaded(rows[given], client.where)
        yield given
        return
    if not Path(given).exists():
        remedy = "name a file, or a Rune that `runicd ps` lists"
        raise InputError("no such file, and no Rune on the board", where=given, remedy=remedy)
    rune = open_rune(given)
    row = rows.get(rune.name)
    if row is not None:
        if row["sha256"] != sha256(rune.data).hexdigest():
            remedy = (
                f"`runicd bench {rune.name}` measures that, `runicd rm {rune.name}` removes it"
            )
            raise InputError(f"there is another {rune.name}", where=client.where, remedy=remedy)
        _check_loaded(row, client.where)
        yield rune.name
        return
    try:
        cast(rune, client, Quiet(), period_ms=0)
        yield rune.name
    finally:
        if not keep and any(row["name"] == rune.name for row in calls.ps(client)):
            client.request("rm", {"name": rune.name})


def _check_loaded(row: Mapping[str, Any], where: str) -> None:
    if row["state"] not in _LOADED:
        name = row["name"]
        remedy = f"`runicd start {name} --period 0` loads it"
        reason = f": {row['error']}" if row["error"] else ""
        raise InputError(
            f"{name} is not running ({row['state']}){reason}", where=where, remedy=remedy
        )


def _measure(client: Client, name: str, count: int, progress: Any) -> list[dict[str, Any]]:
    """Make the calls in rounds; return the board's statistics from before and after each."""
    # The first one is not like the others: caches are cold, files are not open.
    client.request("call", {"name": name, "count": 1}, deadline_s=_DEADLINE_S)
    samples = [_look(client, name)]
    done, share = 0, 1
    while done < count:
        progress(done, count)
        share = max(1, min(share, count // _ROUNDS_LEAST, count - done))
        begun_s = time.monotonic()
        client.request("call", {"name": name, "count": share}, deadline_s=_DEADLINE_S)
        took_s = time.monotonic() - begun_s
        samples.append(_look(client, name))
        done += share
        share = 2 * share if took_s < _ROUND_S / 2 else share
        share = share // 2 if took_s > _ROUND_S else share
    return samples


def _look(client: Client, name: str) -> dict[str, Any]:
    return checked(calls.stats(client, name), _FIGURES, "statistics", client.where)


def _costs(samples: Sequence[Mapping[str, Any]]) -> tuple[Cost, list[Cost]]:
    """Return the cost of a whole call, and of each stage with the container as the last."""
    first, last = samples[0], samples[-1]
    call_us = _mean(first, last)
    ram_bytes = last.get("memory", {}).get("ram_bytes")
    least = min(sample["last_us"] for sample in samples[1:])
    whole = Cost("call", str(last["name"]), call_us, least, last.get("max_us"), 100.0, ram_bytes)
    stages = []
    for index, stage in enumerate(last["stages"]):
        mean_us = _mean(first["stages"][index], stage)
        seen = [
            after["stages"][index]["last_us"]
            for before, after in pairwise(samples)
            if after["stages"][index]["calls"] > before["stages"][index]["calls"]
        ]
        stages.append(
            Cost(
                stage["kind"],
                stage["name"],
                mean_us,
                min(seen, default=None),
                stage["max_us"],
                100 * mean_us / call_us if call_us else 0.0,
                stage.get("ram_bytes"),
            )
        )
    if stages:
        rest_us = max(0.0, call_us - sum(stage.mean_us for stage in stages))
        share = 100 * rest_us / call_us if call_us else 0.0
        stages.append(Cost("container", "the rest", rest_us, None, None, share, None))
    return whole, stages


def _mean(before: Mapping[str, Any], after: Mapping[str, Any]) -> float:
    """Return the mean time between two looks; of all there were, where none was timed between."""
    count = after["calls"] - before["calls"]
    if count > 0:
        return float((after["total_us"] - before["total_us"]) / count)
    return float(after["total_us"] / after["calls"]) if after["calls"] else 0.0
