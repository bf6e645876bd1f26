"""Figures of the emulated Cortex-M boards, in counted instructions: `python -m bench.boards`.

docs/figures.md says what is counted and what these figures leave out.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import product
from pathlib import Path

from rich.console import Console

from bench import board_calls, board_firmware, board_line, board_load, counter
from bench.section import Section

COUNTED = board_firmware.BOARDS


def main() -> int:
    """Measure and print everything; 1 when a promise is broken, 2 when it cannot be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.boards", description=__doc__)
    parser.add_argument("--json", type=Path, default=Path("build/bench-boards.json"))
    parser.add_argument("--board", action="append", choices=board_firmware.BOARDS)
    options = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 120)
    found = []
    try:
        for warning in counter.version_warnings(counter.qemu_version()):
            console.print(warning, style="yellow")
        for section in sections(options.board or COUNTED):
            section.show(console)
            found.append(section)
    except counter.CounterError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    write(found, options.json)
    console.print(f"figures: {options.json}")
    return 0 if all(promise.kept for section in found for promise in section.promises) else 1


def sections(boards: Sequence[str]) -> Iterator[Section]:
    """Yield each table as soon as it is measured."""
    built = [board_firmware.build(board) for board in boards]
    calls = [board_calls.measure(*each) for each in product(built, board_calls.CALLS)]
    yield board_calls.overheads(calls)
    yield from board_calls.layers(calls)
    yield board_load.boots([board_load.measure_boot(firmware) for firmware in built])
    loads = [board_load.measure_load(*each) for each in product(built, board_calls.CALLS)]
    yield from board_load.loads(loads)
    yield board_load.memory(loads)
    yield board_line.section(board_line.measure())


def write(found: Sequence[Section], path: Path) -> None:
    """Store all tables and promises as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    promises = [asdict(promise) for section in found for promise in section.promises]
    tables = [section.kept() for section in found]
    path.write_text(json.dumps({"promises": promises, "tables": tables}, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
