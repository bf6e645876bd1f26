"""A table of figures: how it is printed, and how it is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.figure import Figure

Row = Sequence[str | float]


@dataclass(frozen=True, slots=True)
class Section:
    """One table; `promises` are the figures in it that the project promises a limit for.

    What is not printed is only kept.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Row]
    promises: Sequence[Figure] = field(default=())
    is_printed: bool = True

    def show(self, console: Console) -> None:
        """Print the table, and each promise that is not kept."""
        if not self.is_printed:
            return
        table = Table(title=self.title, title_justify="left", title_style="bold")
        for at, column in enumerate(self.columns):
            is_text = all(isinstance(row[at], str) for row in self.rows)
            table.add_column(column, justify="left" if is_text else "right")
        for row in self.rows:
            table.add_row(*map(shown, row))
        console.print(table)
        for promise in self.promises:
            if not promise.kept:
                console.print(str(promise), style="bold red")

    def kept(self) -> dict[str, Any]:
        """Return what is kept of it as JSON."""
        return {
            "title": self.title,
            "rows": [dict(zip(self.columns, row, strict=True)) for row in self.rows],
        }


def shown(value: str | float) -> str:
    """Return a value as a table shows it: thousands apart, small fractions with their digits."""
    if isinstance(value, str):
        return value
    if float(value).is_integer() or abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}"
