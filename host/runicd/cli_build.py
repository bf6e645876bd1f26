"""The commands that need no board: build, inspect, graph, new, fmt, convert, version."""

from __future__ import annotations

import platform
from argparse import Namespace
from pathlib import Path

from runicd import __version__
from runicd.cli_show import Show
from runicd.errors import InputError, RuneFormatError
from runicd.types import Rune

_NAME_MAX = 63
_NAME_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_.-"


def load_rune(text: str, show: Show) -> Rune:
    """Return the Rune of a `.rune` file. Raises InputError when there is none."""
    path = Path(text)
    return read_rune_file(path)


def read_rune_file(path: Path) -> Rune:
    """Return the Rune in a file; RuneFormatError when it is none."""
    from runicd.runefile.read_rune import read_rune

    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError("no such file", where=str(path)) from error
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path)) from error
    try:
        found = read_rune(data)
    except RuneFormatError as error:
        raise RuneFormatError(error.what, where=str(path), remedy=error.remedy) from error
    name = found.manifest.name if found.manifest else _name_of(path)
    return Rune(name, data, found.fields)


def _name_of(path: Path) -> str:
    """Return a Rune name for a file of the original toolchain, which carries none."""
    stem = path.stem.lower()
    kept = "".join(letter if letter in _NAME_LETTERS else "-" for letter in stem).strip("_.-")
    return kept[:_NAME_MAX] or "rune"


def version(arguments: Namespace, show: Show) -> int:
    """Print versions."""
    found = {"runicd": __version__, "python": platform.python_version()}
    if show.json:
        show.value(found)
    else:
        show.line(f"runicd {found['runicd']} (Python {found['python']})")
    return 0
