"""The commands on Runes that are on a board: ps, logs, stats, start, stop, rm, call."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from runicd import call as calls
from runicd import results, targets
from runicd.cast.start import start as start_rune
from runicd.cli_board import sensor_advice
from runicd.cli_show import Show, is_number
from runicd.cli_targets import follow, log_line
from runicd.client import Client

_PS_COLUMNS = {
    "name": "Name",
    "release": "Release",
    "state": "State",
    "calls": "Calls",
    "failures": "Failures",
    "period_ms": "Period ms",
    "mean_us": "Mean us",
    "ram_bytes": "RAM bytes",
    "error": "Last error",
}
_STAGE_COLUMNS = {
    "kind": "Kind",
    "name": "Stage",
    "calls": "Timed",
    "mean_us": "Mean us",
    "max_us": "Max us",
    "last_us": "Last us",
    "share": "Share %",
    "ram_bytes": "RAM bytes",
}


def ps(arguments: Namespace, show: Show) -> int:
    """List the Runes on a board."""
    with targets.connect(arguments.target) as client:
        rows = calls.ps(client)
    failed = any(row["error"] for row in rows)
    columns = {key: name for key, name in _PS_COLUMNS.items() if failed or key != "error"}
    listed = rows if show.json else [row | {"state": _state(row)} for row in rows]
    show.listing(listed, columns, "No Runes on the board; put one there with `runicd cast`.")
    return 0


def logs(arguments: Namespace, show: Show) -> int:
    """Print the log, and with -f what comes after."""
    with targets.connect(arguments.target) as client:
        for record in calls.logs(client, arguments.name):
            show.line(log_line(asdict(record), show))
        if arguments.follow:
            calls.subscribe(client, ["log"], arguments.name)
            follow(client, show)
    return 0


def stats(arguments: Namespace, show: Show) -> int:
    """Print the figures of one Rune, or of all."""
    with targets.connect(arguments.target) as client:
        names = [arguments.name] if arguments.name else [row["name"] for row in calls.ps(client)]
        found = {name: calls.stats(client, name) for name in names}
    if show.json:
        show.value(found)
        return 0
    if not found:
        show.note("No Runes on the board; put one there with `runicd cast`.")
    for figures in found.values():
        _print_stats(figures, show)
    _print_heap([figures.get("heap") for figures in found.values()], show)
    return 0


def _print_stats(figures: dict[str, Any], show: Show) -> None:
    """Print what a Rune costs as a whole, a line for each matter, then its stages as a table."""
    show.line(f"{figures['name']} {figures.get('release', '')}".rstrip())
    for label, text in _figures(figures):
        show.line(f"  {label:<8}{text}")
    total_us = sum(stage["total_us"] for stage in figures["stages"]) or 1
    rows = [
        stage
        | {
            "mean_us": stage["total_us"] / stage["calls"] if stage["calls"] else 0.0,
            "share": round(100 * stage["total_us"] / total_us),
        }
        for stage in figures["stages"]
    ]
    if rows:
        show.listing(rows, _STAGE_COLUMNS)


def _state(row: Mapping[str, Any]) -> str:
    """Write a Rune's state; of one that failed lately how often, and for how long it waits."""
    text = str(row.get("state", "unknown"))
    failures, retry_ms = row.get("failures_in_row"), row.get("retry_ms")
    if isinstance(retry_ms, int):
        text += f" {retry_ms / 1000:.1f} s"
    return f"{text} ({failures} failures in a row)" if isinstance(failures, int) else text


def _figures(figures: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield a label and its text for each matter that the board tells of, always in one order."""
    period_ms = figures.get("period_ms")
    when = f", called every {period_ms} ms" if period_ms else ", called on request"
    yield "State", _state(figures) + when
    yield "Calls", _listed(figures, {"calls": "", "failures": "failed", "dropped": "dropped"})
    times = {"mean_us": "us on average", "max_us": "us at most", "last_us": "us the last"}
    yield "Time", _listed(figures, times)
    memory = figures.get("memory")
    parts = dict(memory) if isinstance(memory, dict) else {}
    parts.setdefault("ram_bytes", figures.get("ram_bytes"))
    kinds = {"ram_bytes": "bytes"} | {kind: kind for kind in sorted(parts) if kind != "ram_bytes"}
    yield "RAM", _listed(parts, kinds)
    if figures.get("error"):
        yield "Error", str(figures["error"])


def _print_heap(told: list[Any], show: Show) -> None:
    """Print the board's heap, which is every Rune's together, as it was at the last look."""
    heap = next((heap for heap in reversed(told) if isinstance(heap, dict)), None)
    if heap is not None:
        kinds = {"used": "bytes used", "wasm3": "of them by wasm3", "free": "bytes free"}
        show.line("The board")
        show.line(f"  Heap    {_listed(heap, kinds)}")


def _listed(figures: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Write those of the figures that are there, each with the word for it behind."""
    there = [(figures.get(key), word) for key, word in names.items()]
    return ", ".join(f"{value:,} {word}".rstrip() for value, word in there if is_number(value))


def start(arguments: Namespace, show: Show) -> int:
    """Start a Rune."""
    target = targets.resolve(arguments.target)
    with Client(target.connect) as client, sensor_advice(target):
        start_rune(client, arguments.name, arguments.period)
    show.note(f"{arguments.name} is started")
    return 0


def stop(arguments: Namespace, show: Show) -> int:
    """Stop a Rune."""
    _order(arguments, "stop", {"name": arguments.name})
    show.note(f"{arguments.name} is stopped")
    return 0


def remove(arguments: Namespace, show: Show) -> int:
    """Remove a Rune."""
    _order(arguments, "rm", {"name": arguments.name})
    show.note(f"{arguments.name} is removed")
    return 0


def call(arguments: Namespace, show: Show) -> int:
    """Call a Rune and print one JSON object per call."""
    with targets.connect(arguments.target) as client:
        calls.subscribe(client, ["out"], arguments.name)
        for _ in range(arguments.count):
            print_call(client, arguments.name, 0, show, pretty=arguments.pretty)
    return 0


def print_call(client: Client, name: str, outputs: int, show: Show, *, pretty: bool) -> None:
    """Make one call and print its object."""
    found = calls.call(client, name, outputs=outputs)
    value = results.call_object(found)
    show.line(json.dumps(value, ensure_ascii=False, indent=2 if pretty else None))


def _order(arguments: Namespace, verb: str, wanted: dict[str, Any]) -> None:
    with targets.connect(arguments.target) as client:
        client.request(verb, wanted)
