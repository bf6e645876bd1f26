"""Downgrading: an owner's word to a board that it may take an older release of a Rune again."""

from __future__ import annotations

from runicd.client import Client
from runicd.keys.board import command, owner_of
from runicd.types import Rune


def allow(client: Client, rune: Rune) -> None:
    """Have the board take a Rune's release, and later ones, though it had got further.

    Where the Rune's security counter is lower than what the board has confirmed it refuses, and
    lowers nothing. Raises InputError for the owner's key, BoardError where the board refuses.
    """
    manifest = rune.manifest or {}
    wanted = {
        "name": rune.name,
        "release": str(manifest.get("release", "")),
        "counter": int(manifest.get("security_counter", 0)),
    }
    command(client, "downgrade", wanted, owner_of(client))
