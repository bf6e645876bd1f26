"""An MPS board in QEMU: a UART, flash that is mapped, sensors that are recordings."""

import sys

import console
import machine
import mps

_NAME = "mps"


class Console:
    """The serial port and the REPL on it."""

    stream = sys.stdin
    readinto = staticmethod(console.readinto)
    write = staticmethod(console.write)
    repl_start = staticmethod(console.repl_start)
    repl_feed = staticmethod(console.repl_feed)


class Board:
    """What RunicOS asks of a board."""

    def facts(self):
        return {}
