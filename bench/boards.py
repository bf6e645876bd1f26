"""Figures of the emulated Cortex-M boards, in counted instructions: `python -m bench.boards`.

docs/figures.md says what is counted and what these figures leave out.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from bench import board_calls, board_firmware, board_line, board_load, board_signature
from bench.report import report
from bench.section import Section

COUNTED = board_firmware.BOARDS


def main() -> int:
    """Measure and print everything; 1 when a promise is broken, 2 when it cannot be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.boards", description=__doc__)
    parser.add_argument("--json", type=Path, default=Path("build/bench-boards.json"))
    parser.add_argument("--board", action="append", choices=board_firmware.BOARDS)
    options = parser.parse_args()
    return report(sections(options.board or COUNTED), options.json)


def sections(boards: Sequence[str]) -> Iterator[Section]:
    """Yield each table as soon as it is measured."""
    built = [board_firmware.build(board) for board in boards]
    calls = [board_calls.measure(*each) for each in product(built, board_calls.CALLS)]
    yield board_calls.overheads(calls)
    yield board_calls.sagas(calls)
    yield board_calls.meters(calls)
    yield from board_calls.layers(calls)
    yield board_load.boots([board_load.measure_boot(firmware) for firmware in built])
    loads = [board_load.measure_load(*each) for each in product(built, board_calls.CALLS)]
    yield from board_load.loads(loads)
    yield board_load.memory(loads)
    checks = [board_signature.measure(firmware) for firmware in built]
    yield board_signature.instructions(checks)
    yield board_signature.memory(checks)
    yield board_line.section(board_line.measure())


if __name__ == "__main__":
    sys.exit(main())
