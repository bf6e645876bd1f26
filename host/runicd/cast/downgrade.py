"""Downgrading: an owner's word to a board that it may take an older release of a Rune again."""

from __future__ import annotations

from runicd.client import Client
from runicd.keys.board import command, owner_of
from runicd.types import Rune


def allow(client: Client, rune: Rune) -> None:
    """Have the board take a Rune's release, and later ones, though it had got further.

    The Rune's security counter is bound by what the board has confirmed all the same. Raises
    InputError for the owner's key, BoardError where the board refuses.
    """
    release = str(rune.manifest["release"]) if rune.manifest else ""
    command(client, "downgrade", {"name": rune.name, "release": release}, owner_of(client))
