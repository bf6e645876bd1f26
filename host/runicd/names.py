"""Names: which a Rune may have, the nearest to what a user wrote, and how to show strange ones."""

from __future__ import annotations

import re

from runicd.errors import InputError
from runicos.contract.checked_manifest import ROUNDINGS
from runicos.contract.rune_manifest import NAME_MAX, is_name

_BOARD_COMMAND = re.compile(
    r"(?<=`)runicd (?:ps|logs|stats|start|stop|rm|call|bench|feed|record|install|cast|grant"
    r"|policy show|policy set|keys trust)"
    r"(?![^`]* -t )[^`]*(?=`)"
)
"""A command in a message that acts on a board, without saying on which."""


def rune_name(text: str) -> str:
    """Turn a folder's or a user's name into a Rune's: lower case, other characters become `-`."""
    plain = re.sub(r"[^a-z0-9_.-]+", "-", text.lower()).strip("-_.")[:NAME_MAX]
    return plain or "rune"


def check_name(name: str) -> None:
    """Raise InputError, with a better one, for what is no name for a Rune."""
    if not is_name(name):
        raise InputError(f'"{name}" is no name for a Rune', remedy=f'"{rune_name(name)}" would be')


def check_rounding(name: str) -> None:
    """Raise InputError for a rounding that no board has."""
    if name not in ROUNDINGS:
        raise InputError(f'"{name}" is no rounding', remedy=f"known: {', '.join(ROUNDINGS)}")


def counted(count: int, what: str) -> str:
    """Return a number with the word for what it counts, one or several."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def with_target(text: str, target: str | None) -> str:
    """Write the `-t` that the user gave into the commands that a message tells them to run."""
    if not target:
        return text
    text = text.replace("sim restart TARGET`", f"sim restart {target}`")
    return _BOARD_COMMAND.sub(lambda found: f"{found.group()} -t {target}", text)


def printable(text: str) -> str:
    """Return a text on one line, its control characters written out, so that it steers nothing."""
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )
