"""The commands on Runes that are on a board: ps, logs, stats, start, stop, rm, call."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import asdict
from typing import Any

from runicd import call as calls
from runicd import results, targets
from runicd.cli_show import Show
from runicd.cli_targets import follow, log_line
from runicd.client import Client

_START_DEADLINE_S = 30.0
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
    "calls": "Calls",
    "mean_us": "Mean us",
    "max_us": "Max us",
    "last_us": "Last us",
    "share": "Share",
}


def ps(arguments: Namespace, show: Show) -> int:
    """List the Runes on a board."""
    with targets.connect(arguments.target) as client:
        rows = calls.ps(client)
    failed = any(row["error"] for row in rows)
    columns = {key: name for key, name in _PS_COLUMNS.items() if failed or key != "error"}
    show.listing(rows, columns, "No Runes on the board; put one there with `runicd cast`.")
    return 0


def logs(arguments: Namespace, show: Show) -> int:
    """Print the log, and with -f what comes after."""
    with targets.connect(arguments.target) as client:
        for record in calls.logs(client, arguments.name):
            show.line(log_line(asdict(record), show))
        if arguments.follow:
            follow(client, arguments.name, show, ["log"])
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
    for name, figures in found.items():
        _print_stats(name, figures, show)
    return 0


def _print_stats(name: str, figures: dict[str, Any], show: Show) -> None:
    """Print a Rune's plain figures on a line, then its stages as a table."""
    plain = [
        f"{key} {value}"
        for key, value in figures.items()
        if isinstance(value, int | str) and key != "name"
    ]
    heap = figures.get("heap")
    if isinstance(heap, dict):
        plain += [f"heap {key} {value}" for key, value in heap.items()]
    show.line(f"{name}: " + ", ".join(plain))
    stages = figures.get("stages") or []
    total_us = sum(stage.get("total_us", 0) for stage in stages) or 1
    rows = []
    for stage in stages:
        count = stage.get("calls", 0)
        mean_us = stage.get("total_us", 0) / count if count else 0.0
        share = f"{stage.get('total_us', 0) / total_us:.0%}"
        rows.append({**stage, "mean_us": mean_us, "share": share})
    if rows:
        show.table(
            list(_STAGE_COLUMNS.values()),
            [[row.get(key) for key in _STAGE_COLUMNS] for row in rows],
        )


def start(arguments: Namespace, show: Show) -> int:
    """Start a Rune."""
    wanted: dict[str, Any] = {"name": arguments.name}
    if arguments.period is not None:
        wanted["period_ms"] = arguments.period
    _order(arguments, "start", wanted)
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
        client.request(verb, wanted, deadline_s=_START_DEADLINE_S)
