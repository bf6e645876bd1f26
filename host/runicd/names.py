"""Names of Runes: which there may be, and the nearest to what a user wrote."""

from __future__ import annotations

import re

from runicd.errors import InputError
from runicos.contract.rune_manifest import NAME_MAX, is_name


def rune_name(text: str) -> str:
    """Turn a folder's or a user's name into a Rune's: lower case, other characters become `-`."""
    plain = re.sub(r"[^a-z0-9_.-]+", "-", text.lower()).strip("-_.")[:NAME_MAX]
    return plain or "rune"


def check_name(name: str) -> None:
    """Raise InputError, with a better one, for what is no name for a Rune."""
    if not is_name(name):
        raise InputError(f'"{name}" is no name for a Rune', remedy=f'"{rune_name(name)}" would be')
