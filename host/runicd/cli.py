"""The command line: which commands there are, and the one place where errors are caught.

`runicd`, `rune` and `hmr` are one program. What a command does stands in cli_*.py, loaded when
it is used, so that `runicd --help` stays fast.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import os
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn

from runicd import __version__, cli_arguments
from runicd.cli_show import Show
from runicd.errors import RunicError
from runicd.names import printable, with_target

_INTERRUPTED = 130
_BROKEN_PIPE = 141


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and what was meant."""

    def error(self, message: str) -> NoReturn:
        """End with exit code 2."""
        _, chosen, rest = message.partition("invalid choice: '")
        if chosen:
            wrong, _, choices = rest.partition("'")
            known = [word.strip(" ')") for word in choices.partition("choose from")[2].split(",")]
            meant = difflib.get_close_matches(wrong, known, 1)
            option = message.partition(": invalid choice")[0].removeprefix("argument ")
            what = f"argument {option}: " if option.startswith("-") else ""
            hint = f"; did you mean {meant[0]!r}?" if meant else ""
            message = f"{what}there is no {wrong!r}{hint}"
        sys.stderr.write(f"runicd: {message}; see `{self.prog} --help`\n")
        sys.exit(2)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    return _run("runicd", argv)


def main_rune(argv: Sequence[str] | None = None) -> int:
    """Run as `rune`, the name of the papers' build tool."""
    return _run("rune", argv)


def main_hmr(argv: Sequence[str] | None = None) -> int:
    """Run as `hmr`, the name of the papers' deployment tool."""
    return _run("hmr", argv)


def parser(program: str) -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = _Parser(
        prog=program,
        description="Build Rune containers, cast them onto MicroPython boards, watch them run.",
        allow_abbrev=False,
    )
    top.add_argument("-V", "--version", action="version", version=f"runicd {__version__}")
    cli_arguments.add_commands(top, _Parser)
    return top


def _run(program: str, argv: Sequence[str] | None) -> int:
    _open_streams()
    target = None
    try:
        _end_cleanly_on_signals()
        arguments = _parsed(parser(program), argv)
        target = getattr(arguments, "target", None)
        show = Show(arguments)
        warnings.showwarning = lambda message, *_: show.warn(str(message))
        return _command(arguments.command)(arguments, show)
    except RunicError as error:
        lines = (printable(with_target(line, target)) for line in error.lines())
        for number, text in enumerate(lines):
            sys.stderr.write(text + "\n" if number else f"runicd: {text}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("\n" if sys.stderr.isatty() else "")
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone: nothing more can be said, and nothing should be.
        _drop_output()
        return _BROKEN_PIPE
    except OSError as error:
        where = "" if error.filename is None else f"{error.filename}: "
        sys.stderr.write(f"runicd: {where}{error.strerror or error}\n")
        _drop_output()
        return 1


def _parsed(top: argparse.ArgumentParser, argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse; what is left over is told with the help of the command that it was given to."""
    arguments, left = top.parse_known_args(argv)
    if left:
        top.prog = arguments.program
        top.error(f"unrecognized arguments: {' '.join(left)}")
    return arguments


def _open_streams() -> None:
    """Have an output even where the caller closed it, and one that takes any file's name."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - stays
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _drop_output() -> None:
    """Let what could not be written be lost, else Python tries again at its end, and complains."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _command(reference: str) -> Callable[[argparse.Namespace, Show], int]:
    """Load the function that a command's "module:function" names."""
    module, _, function = reference.partition(":")
    command: Callable[[argparse.Namespace, Show], int] = getattr(
        import_module(f"runicd.{module}"), function
    )
    return command


def _end_cleanly_on_signals() -> None:
    """Let `finally` blocks run when we are told to end: they take simulated boards with them."""

    def end(number: int, frame: object) -> None:
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)


if __name__ == "__main__":
    sys.exit(main())
