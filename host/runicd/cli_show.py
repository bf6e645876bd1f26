"""How commands print: tables, JSON, progress and colour, by where the output goes."""

from __future__ import annotations

import json
import os
import sys
import time
from argparse import Namespace
from collections.abc import Mapping, Sequence
from math import inf
from typing import Any, Literal

from runicd.names import printable, with_target

_ANY_WIDTH = 10_000
_SENTENCE_WIDTH = 24
_SAY_EVERY_S = 10.0
_STYLES = {
    "running": "green",
    "failed": "red",
    "given up": "red",
    "ended": "red",
    "backing off": "yellow",
}


class Bar:
    """A progress bar that appears with the first `update` and goes with `close`.

    Where it is not drawn, a line on stderr says how far it is when `wait_s` have passed, and then
    every ten seconds.
    """

    def __init__(
        self, label: str, *, of_bytes: bool, drawn: bool, colour: bool, wait_s: float
    ) -> None:
        self._label = label
        self._of_bytes = of_bytes
        self._drawn = drawn
        self._colour = colour
        self._progress: Any = None
        self._say_at_s = inf if drawn else time.monotonic() + wait_s

    def update(self, done: int, total: int) -> None:
        """Show how far it is."""
        if time.monotonic() >= self._say_at_s and done < total:
            unit = " bytes" if self._of_bytes else ""
            print(f"{self._label}: {done:,} of {total:,}{unit}", file=sys.stderr, flush=True)
            self._say_at_s = time.monotonic() + _SAY_EVERY_S
        if self._drawn and self._progress is None:
            self._progress = _rich_progress(
                self._label, of_bytes=self._of_bytes, colour=self._colour
            )
            self._progress.add_task(self._label, total=total, completed=done)
            self._progress.start()
        elif self._progress is not None:
            self._progress.update(0, completed=done, total=total)

    def close(self) -> None:
        """Take the bar away; safe to call twice."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


class Show:
    """Prints for one command. Bars and rules only on a terminal; colours as asked for.

    Unasked, they come on a terminal, and never with NO_COLOR.
    """

    def __init__(self, arguments: Namespace) -> None:
        self.json = bool(getattr(arguments, "json", False))
        self.level = int(getattr(arguments, "verbose", 0)) - int(getattr(arguments, "quiet", 0))
        colour = getattr(arguments, "colour", "auto")
        wanted = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        self.colour = colour == "always" or (colour == "auto" and wanted)
        self.terminal = sys.stdout.isatty()
        self.target = getattr(arguments, "target", None)

    def line(self, text: str) -> None:
        """Print what the user asked for."""
        print(text, flush=True)

    def note(self, text: str) -> None:
        """Print what is said along the way; not with -q."""
        if self.level >= 0:
            print(with_target(text, self.target), flush=True)

    def detail(self, text: str) -> None:
        """Print to stderr what only -v wants."""
        if self.level > 0:
            print(text, file=sys.stderr, flush=True)

    def warn(self, text: str) -> None:
        """Print to stderr what the user should know but need not act on."""
        if self.level >= 0:
            print(f"runicd: {with_target(text, self.target)}", file=sys.stderr, flush=True)

    def value(self, value: Any) -> None:
        """Print a value as JSON: pretty on a terminal, one line elsewhere."""
        print(json.dumps(value, indent=2 if self.terminal else None, default=_plain), flush=True)

    def table(
        self, columns: Sequence[str], rows: Sequence[Sequence[Any]], empty: str = ""
    ) -> None:
        """Print rows under headings; whole columns, never cut, when it is not for a terminal."""
        if not rows and empty:
            self.note(empty)
            return
        texts = [[_cell(cell) for cell in row] for row in rows]
        right = [_is_numeric(cells) for cells in zip(*rows, strict=True)]
        if self.terminal or self.colour:
            _rich_table(columns, texts, right, self._console())
            return
        widths = [max(map(len, column)) for column in zip(columns, *texts, strict=True)]
        for row in [list(columns), *texts]:
            cells = [
                cell.rjust(width) if is_right else cell.ljust(width)
                for cell, width, is_right in zip(row, widths, right, strict=True)
            ]
            print("  ".join(cells).rstrip(), flush=True)

    def listing(
        self,
        rows: Sequence[Mapping[str, Any]],
        columns: Mapping[str, str],
        empty: str = "",
    ) -> None:
        """Print maps as a table of the named columns (key → heading), or all of them as JSON."""
        if self.json:
            self.value(list(rows))
            return
        cells = [[row.get(key) for key in columns] for row in rows]
        self.table(list(columns.values()), cells, empty)

    def bar(self, label: str, *, of_bytes: bool = True, at_once: bool = False) -> Bar:
        """Return a progress bar; elsewhere than on a terminal it says a line now and then.

        With `at_once` the first line comes with the first update: what begins will take long.
        """
        drawn = self.level >= 0 and self.terminal and not self.json
        wait_s = inf if self.level < 0 else 0.0 if at_once else _SAY_EVERY_S
        return Bar(label, of_bytes=of_bytes, drawn=drawn, colour=self.colour, wait_s=wait_s)

    def _console(self) -> Any:
        """Return rich's console; elsewhere than on a terminal it is as wide as need be."""
        from rich.console import Console

        if self.terminal:
            return Console(color_system="auto" if self.colour else None)
        return Console(width=_ANY_WIDTH, force_terminal=True, color_system="standard")


def _plain(value: Any) -> Any:
    """Turn what CBOR knows and JSON does not into text."""
    return value.hex() if isinstance(value, bytes) else str(value)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.1f}"
    return value.hex()[:12] if isinstance(value, bytes) else printable(str(value))


def _is_numeric(cells: Sequence[Any]) -> bool:
    """Tell whether a column holds numbers, some of which may be missing."""
    there = [cell for cell in cells if cell is not None]
    return bool(there) and all(map(is_number, there))


def is_number(value: Any) -> bool:
    """Tell what is set to the right in its column."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _rich_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool], console: Any
) -> None:
    """Print a table in as many columns as it takes, or as the terminal has, uncut.

    Where there are too few, headings take two lines, or sentences follow below the table; one that
    is too wide even so is the terminal's to wrap.
    """
    broken = [*(column.replace(" ", "\n") for column in columns[:-1]), columns[-1]]
    sentences = [row[-1] for row in rows] if len(columns) > 1 else []
    if _needed(columns, rows) <= console.width:
        _print_table(columns, rows, right, console)
    elif _needed(broken, rows) <= console.width:
        _print_table(broken, rows, right, console)
    elif max(map(len, sentences), default=0) > _SENTENCE_WIDTH:
        _rich_table(columns[:-1], [row[:-1] for row in rows], right[:-1], console)
        what = columns[-1].lower()
        for row in rows:
            if row[-1]:
                console.print(f"{row[0]}, {what}: {row[-1]}", markup=False, highlight=False)
    else:
        widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
        console.width = sum(widths) + 2 * len(widths)
        _print_table(columns, rows, right, console)


def _needed(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Return how wide a table has to be: its last column may be broken into lines."""
    widths = [
        max(*map(len, heading.split("\n")), *map(len, cells))
        for heading, *cells in zip(columns, *rows, strict=True)
    ]
    return sum(width + 2 for width in widths[:-1]) + min(widths[-1], _SENTENCE_WIDTH)


def _print_table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool], console: Any
) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for index, column in enumerate(columns):
        # Only the last column, which holds the sentences, may be broken into lines.
        table.add_column(
            column,
            no_wrap=index < len(columns) - 1,
            overflow="fold",
            justify="right" if right[index] else "left",
        )
    for row in rows:
        table.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
    console.print(table)


def _rich_progress(label: str, *, of_bytes: bool, colour: bool) -> Any:
    from rich import progress
    from rich.console import Console

    system: Literal["auto"] | None = "auto" if colour else None
    counted = (
        (progress.DownloadColumn(), progress.TransferSpeedColumn())
        if of_bytes
        else (progress.MofNCompleteColumn(),)
    )
    columns = (progress.TextColumn(label), progress.BarColumn(), *counted)
    return progress.Progress(*columns, transient=True, console=Console(color_system=system))


def clock(elapsed_ms: int) -> str:
    """Write a time as hours, minutes and seconds."""
    minutes, seconds = divmod(elapsed_ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"
