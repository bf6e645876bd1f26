"""What a benchmark's command does with its tables: prints each, keeps all, says how it ended."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from bench import counter
from bench.section import Section


def report(sections: Iterable[Section], path: Path, *, emulated: bool = True) -> int:
    """Print each table as soon as it is measured, and store all as JSON.

    Returns what the command ends with: 1 when a promise is broken, 2 when it cannot be measured.
    `emulated` says that QEMU counts, of which not every release is known.
    """
    console = Console(width=None if sys.stdout.isatty() else 120)
    found = []
    try:
        for warning in counter.version_warnings(counter.qemu_version()) if emulated else ():
            console.print(warning, style="yellow")
        for section in sections:
            section.show(console)
            found.append(section)
    except counter.CounterError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    _write(found, path)
    console.print(f"figures: {path}")
    return 0 if all(promise.kept for section in found for promise in section.promises) else 1


def _write(found: Sequence[Section], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    promises = [asdict(promise) for section in found for promise in section.promises]
    tables = [section.kept() for section in found]
    path.write_text(json.dumps({"promises": promises, "tables": tables}, indent=2) + "\n")
