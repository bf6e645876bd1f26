"""The commands on Runes that are on a board: ps, logs, start, stop, rm, call."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import asdict
from typing import Any

from runicd import call as calls
from runicd import journal, results, targets
from runicd.answers import checked
from runicd.cast.asking import judged_by, words
from runicd.cast.granting import asked_by
from runicd.cast.start import start as start_rune
from runicd.cli_arguments import LEVELS
from runicd.cli_board import sensor_advice
from runicd.cli_show import Show
from runicd.cli_stats import failed_lately, state_name
from runicd.cli_targets import FOLLOW_RECONNECT_S, log_line
from runicd.client import Client
from runicd.names import counted

_PS_COLUMNS = {
    "name": "Name",
    "release": "Release",
    "state": "State",
    "calls": "Calls",
    "failures": "Failures",
    "period_ms": "Period ms",
    "call_ms": "Limit ms",
    "mean_us": "Mean us",
    "ram_bytes": "RAM bytes",
    "trial": "Trial calls",
    "previous": "Previous",
    "waits": "Waiting for a grant",
    "error": "Last error",
}
# Shown where a Rune has something to say there.
_ROLLED_BACK: dict[str, type] = {"state": str}
_SOMETIMES = ("call_ms", "trial", "previous", "waits", "error")


def ps(arguments: Namespace, show: Show) -> int:
    """List the Runes on a board."""
    with targets.connect(arguments.target) as client:
        rows = calls.ps(client)
        for row in rows:
            if row["waiting"]:
                row["waiting"]["wants"] = _wants(client, row["name"])
    for row in rows:
        row["waits"] = _waits(row["waiting"])
        # A Rune that runs again after a newer version failed says why.
        row["error"] = row["error"] or row["went_back_because"]
        # A first version has nothing to go back to, so nobody waits for its trial's end.
        row["trial"] = row.get("trial") if row.get("previous") else None
    columns = {
        key: name
        for key, name in _PS_COLUMNS.items()
        if key not in _SOMETIMES or any(row.get(key) for row in rows)
    }
    for row in rows if show.json else ():
        del row["waits"]
    listed = rows if show.json else [row | _in_words(row) for row in rows]
    show.listing(listed, columns, "No Runes on the board; put one there with `runicd cast`.")
    return 0


def _in_words(row: dict[str, Any]) -> dict[str, Any]:
    """Return what the table says of a row's state and its last error."""
    lately = failed_lately(row)
    error = f"{row['error']} ({lately})" if row["error"] and lately else row["error"]
    return {"state": state_name(row), "error": error}


def _wants(client: Client, name: str) -> list[str]:
    """Return what the version that waits asks for beyond its grant, in plain words."""
    waiting = asked_by(client, name).waiting
    if waiting is None:
        return []  # It is gone meanwhile.
    asked = judged_by(client, name, waiting.demands, waiting.signer).asked
    return [words(kind, limits) for kind, limits in sorted(asked.items())]


def _waits(waiting: dict[str, Any] | None) -> str | None:
    """Return as text which version waits, and for what."""
    if waiting is None:
        return None
    wants = "; ".join(waiting["wants"]) or "nothing more, `runicd grant` starts it"
    return f"{waiting['release']}: {wants}".removeprefix(": ")


def logs(arguments: Namespace, show: Show) -> int:
    """Print the log, and with -f what comes after."""
    with targets.connect(arguments.target) as client:
        levels = LEVELS[: LEVELS.index(arguments.level) + 1]
        name, found = arguments.name, False
        if arguments.follow:
            items = journal.follow(client, name, FOLLOW_RECONNECT_S)
        else:
            items = journal.listed(client, name)
        for item in items:
            found = True
            if isinstance(item, journal.Missed):
                show.warn(f"{counted(item.count, 'record')} had given way to later ones")
            elif (record := journal.record_of(item)) and record.level in levels:
                show.line(log_line(asdict(record), show))
        if name and not found:
            calls.check_known(client, name)
    return 0


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


def rollback(arguments: Namespace, show: Show) -> int:
    """Go back to the previous version of a Rune."""
    with targets.connect(arguments.target) as client:
        answer = client.request("rollback", {"name": arguments.name}, deadline_s=30.0)
        now = checked(answer, _ROLLED_BACK, "answer to `rollback`", client.where)
    if show.json:
        show.value(now)
        return 0
    release = f"version {now['release']}" if now.get("release") else "its version before"
    show.note(f"{arguments.name} is back at {release}, {now['state']}")
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
