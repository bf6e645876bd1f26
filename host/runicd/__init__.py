"""Build Rune containers, cast them onto MicroPython boards, and watch them run."""

__version__ = "0.1.0"
