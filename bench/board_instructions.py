"""Make a number of calls for a process whose instructions are counted (a MicroPython script).

Usage: micropython board_instructions.py native|rune RUNE COUNT [sim.py's options].
"""

import sys

import board_overhead
import rune as native


def main() -> None:
    """Make the calls, after one that is always made."""
    way, path, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    loaded = board_overhead.load(path, sys.argv[4:])
    loaded.native.call(1)
    if way == "native":
        loaded.pipeline.timing = False
        native.native_loop(loaded.pipeline, count)
    else:
        loaded.native.call(count)


main()
