"""The arguments of the commands that watch boards: trace, top and df."""

from __future__ import annotations

from runicd import cli_argument_types as types
from runicd.cli_options import Add, add_json

SAGA_EXAMPLES = {
    "cli_trace:command": "sine --chrome sine.json",
    "cli_top:command": "-t unix-1 -t unix-2",
    "cli_df:command": "-t unix-1",
}
_INTERVAL_S = 1.0


def add_saga(add: Add) -> None:
    """Add the commands that watch boards."""
    trace = add("trace", "cli_trace:command", "call a Rune once and show how long each stage took")
    trace.add_argument("name", metavar="NAME", help="the Rune")
    trace.add_argument(
        "--chrome", metavar="FILE", help="write it for Perfetto or chrome://tracing"
    )
    trace.add_argument(
        "-t", "--target", metavar="TARGET", help="the board (default: the only one)"
    )
    add_json(trace)
    df = add("df", "cli_df:command", "show what Runes take of a board's flash")
    df.add_argument("-t", "--target", metavar="TARGET", help="the board (default: the only one)")
    add_json(df)
    top = add("top", "cli_top:command", "watch boards and their Runes")
    top.add_argument(
        "-t",
        "--target",
        dest="targets",
        action="append",
        default=[],
        metavar="TARGET",
        help="a board; may be given several times (default: all simulated ones, or the only one)",
    )
    top.add_argument(
        "--interval",
        type=types.seconds,
        default=_INTERVAL_S,
        metavar="S",
        help="seconds between two looks (default: 1)",
    )
    top.add_argument("--once", action="store_true", help="print one frame and end")
    add_json(top)
