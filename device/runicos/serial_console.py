"""The board's serial line and the REPL on it, as RunicOS uses them: `Board.console()`."""

import sys

import console

stream = sys.stdin
readinto = console.readinto
write = console.write
repl_start = console.repl_start
repl_feed = console.repl_feed


def start() -> object:
    """Take over the serial line; return this module."""
    console.start()
    return sys.modules[__name__]
