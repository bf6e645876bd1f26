"""`runicd df`: what Runes take of a board's flash, and what they share."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from runicd import targets
from runicd.answers import checked
from runicd.cast.shared import flash
from runicd.cli_show import Show

_COLUMNS = {
    "name": "Name",
    "release": "Release",
    "version": "Version",
    "bytes": "Bytes",
    "own_bytes": "Own bytes",
    "shared_bytes": "Shared bytes",
}
_ROW: dict[str, type] = {
    "name": str,
    "release": str,
    "version": str,
    "bytes": int,
    "own_bytes": int,
}


def command(arguments: Namespace, show: Show) -> int:
    """List every version on a board, and how much of it lies there for it alone."""
    with targets.connect(arguments.target) as client:
        found = flash(client)
        rows = [checked(row, _ROW, "list of versions", client.where) for row in found["versions"]]
    for row in rows:
        row["shared_bytes"] = row["bytes"] - row["own_bytes"]
    if show.json:
        sizes = {name: found[name] for name in ("bytes", "used", "free")}
        show.value({**sizes, "versions": rows})
        return 0
    show.listing(rows, _COLUMNS, "No Runes on the board; put one there with `runicd cast`.")
    show.line(_words(found, rows))
    return 0


def _words(found: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    shared = sum(row["shared_bytes"] for row in rows)
    told = f"{found['bytes']:,} bytes of flash; Runes take {found['used']:,}"
    told += f" and share {shared:,}" if shared else ""
    return f"{told}; one of {found['free']:,} has room"
