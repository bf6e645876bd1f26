"""`runicd targets ls` and `runicd cast`."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Self

from runicd import call as calls
from runicd import results, targets
from runicd.cast.cast import cast as cast_rune
from runicd.cast.upload import Uploaded
from runicd.cast.wear import words
from runicd.cli_board import sensor_advice, signing_advice
from runicd.cli_grants import consent_of
from runicd.cli_show import Show
from runicd.client import Client
from runicd.files import read_bytes
from runicd.names import printable
from runicd.runefile.open_rune import open_rune
from runicd.sim import boards as sim
from runicd.types import Result, Verdict

_COLUMNS = {
    "target": "Target",
    "type": "Type",
    "name": "Name",
    "chip": "Chip",
    "heap_bytes": "Heap bytes",
    "flash_bytes": "Flash bytes",
    "available": "Available",
}
_FACTS = ("chip", "heap_bytes", "flash_bytes")
FOLLOW_RECONNECT_S = 30.0


def ls(arguments: Namespace, show: Show) -> int:
    """List boards as the papers' listing 2 does."""
    sim.clear_orphans()
    for board in sim.ended():
        show.warn(f"{board.label} has ended; `runicd sim restart {board.label}` starts it again")
    rows = [asdict(board) for board in targets.probe(targets.all_targets())]
    for row in rows:
        facts = row.pop("facts") or {}
        row.update({name: facts.get(name) for name in _FACTS})
    show.listing(rows, _COLUMNS, "No boards; plug one in, or start one with `runicd sim up`.")
    return 0


def cast(arguments: Namespace, show: Show) -> int:
    """Cast as the papers' listing 3 does."""
    rune = open_rune(arguments.rune)
    target = targets.resolve(arguments.target)
    with _Reporter(show) as reporter, sensor_advice(target), signing_advice(arguments.rune):
        reporter.begin(arguments.rune, target.id)
        with Client(target.connect) as client:
            listen = partial(calls.subscribe, client, ["out", "log"], rune.name)
            done = cast_rune(
                rune,
                client,
                reporter,
                period_ms=arguments.period,
                only_missing=not arguments.whole,
                old=None if arguments.old is None else read_bytes(Path(arguments.old)),
                listen=listen if arguments.follow else None,
                consent=consent_of(arguments),
                downgrade=arguments.downgrade,
            )
            if show.json:
                show.value(asdict(done))
            if arguments.follow:
                follow(client, show)
    return 0


def follow(client: Client, show: Show) -> None:
    """Print the outputs and log records that were subscribed to, until the user has enough."""
    last: dict[str, int] = {}
    for item in calls.results(client, reconnect_s=FOLLOW_RECONNECT_S):
        if isinstance(item, Result):
            lost = item.sequence - last.get(item.rune, item.sequence) - 1
            if lost > 0:
                show.warn(f"{item.rune}: {lost} results were lost, they came faster than the link")
            last[item.rune] = item.sequence
            show.line(results.line(item))
        else:
            show.line(log_line(asdict(item), show))


def log_line(record: dict[str, object], show: Show) -> str:
    """Return a log record as text, or as JSON where that is wanted."""
    if show.json:
        return json.dumps(record, ensure_ascii=False)
    seconds = int(str(record["ticks_ms"])) / 1000
    when = f"{record['boot']:>3} {seconds:10.3f}"
    line = f"{when} {record['level']:7} {record['rune'] or '-'}: {record['text']}"
    return printable(line)


class _Reporter:
    """Prints a cast in the papers' words."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._bar = show.bar("Uploading rune")
        self._progress: tuple[int, int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._bar.close()
        if kind is KeyboardInterrupt and self._progress is not None:
            done_bytes, total_bytes = self._progress
            if done_bytes < total_bytes:
                self._show.warn(f"{done_bytes} of {total_bytes} bytes stay; cast again to resume")

    def begin(self, path: str, target: str) -> None:
        """Print what goes where."""
        self._say(f"Deploying {path} to target {target}")

    def provider(self, fqdn: str) -> None:
        """Print the provider."""
        self._say("Verifying provider: 100%")
        self._say(f"Provider with fqdn={fqdn} found")

    def verdict(self, verdict: Verdict) -> None:
        """Print the preflight's verdict."""
        self._say(f"Preflight on {verdict.board}: OK" + _needs(verdict))

    def enrolled(self, name: str, key: str) -> None:
        """Print whom the board trusts from now on."""
        self._say(f"The board trusted no key yet; now it trusts {name} ({key})")

    def asks(self, wanted: Sequence[str]) -> None:
        """Print what the Rune asks for, to whoever reads it."""
        if self._show.terminal:
            for text in wanted:
                self._say(printable(f"Asks for {text}"))

    def uploading(self, done_bytes: int, total_bytes: int) -> None:
        """Move the bar; say first where an earlier cast had got to."""
        if self._progress is None and 0 < done_bytes < total_bytes:
            self._say(f"Resuming at {done_bytes} bytes")
        self._progress = (done_bytes, total_bytes)
        if not self._show.json:
            self._bar.update(done_bytes, total_bytes)

    def verified(self, uploaded: Uploaded) -> None:
        """Take the bar away, and print that the board's copy is right."""
        self._bar.close()
        self._say("Uploading rune: 100%" + _saved(uploaded, self._total_bytes()))
        self._say("Verifying rune: 100%")
        if worn := words(uploaded.flash):
            shared = uploaded.shared_bytes
            self._say(f"Flash: {worn}" + (f"; {shared:,} bytes shared" if shared else ""))

    def _total_bytes(self) -> int:
        return 0 if self._progress is None else self._progress[1]

    def granted(self, kind: str) -> None:
        """Print one capability."""
        self._say(f"Capability: {kind} OK: 100%")

    def running(self, name: str, self_test: str) -> None:
        """Print that it runs."""
        passed = " (self-test passed)" if self_test == "passed" else ""
        self._say(f"Running: {name}{passed}")

    def _say(self, text: str) -> None:
        if not self._show.json:
            self._show.note(text)


def _saved(uploaded: Uploaded, total_bytes: int) -> str:
    """Say what did not have to be sent, because Runes on the board had it."""
    wanted_bytes = total_bytes - uploaded.resumed_bytes
    if uploaded.sent_bytes == wanted_bytes:
        return ""
    how = " as patches" if uploaded.way == "patches" else ""
    sent = f"{uploaded.sent_bytes:,} of {wanted_bytes:,} bytes sent{how}"
    return f" ({sent}, the board had the others)"


def _needs(verdict: Verdict) -> str:
    return f", needs {verdict.ram_bytes:,} bytes of RAM" if verdict.ram_bytes else ""
