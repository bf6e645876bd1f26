"""Print every figure as `name value unit`, and keep them as JSON."""

import argparse
import sys
from pathlib import Path

from bench import board, commands, overhead
from bench.figure import write


def main() -> int:
    """Measure everything; 1 when a promised limit is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"))
    parser.add_argument("--plot", type=Path, default=Path("build/overhead.svg"))
    parser.add_argument(
        "--longest-run-s",
        type=float,
        default=overhead.LONGEST_RUN_S,
        help="leave out numbers of calls that would take longer (%(default)s; all: 3600)",
    )
    options = parser.parse_args()
    measured = []
    overheads = overhead.figures(options.plot, options.longest_run_s)
    for source in (commands.figures(), board.figures(), overheads):
        for figure in source:
            print(figure, flush=True)
            measured.append(figure)
    write(measured, options.json)
    print(f"figures: {options.json}   plot: {options.plot}")
    return 0 if all(figure.kept for figure in measured) else 1


sys.exit(main())
