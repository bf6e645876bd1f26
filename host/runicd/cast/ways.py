"""Ways: how a file comes onto a board with the fewest bytes sent: whole, in chunks, in patches."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from runicd.cast import delta, kept
from runicd.cast.delta import Stretch
from runicd.cast.patches import patched
from runicd.cast.shared import Plan, Range, without
from runicd.client import Client
from runicd.errors import InputError


class Files:
    """Files of boards' Runes that are here too: what was cast from here, and `given`."""

    def __init__(self, given: bytes | None = None) -> None:
        self._given = given
        self._given_digest = None if given is None else hashlib.sha256(given).digest()
        self.by_name: dict[str, bytes] = {}

    def of(self, rune: str, digest: bytes) -> bytes | None:
        """Return the file of that hash, which a board has as that Rune."""
        found = self._given if digest == self._given_digest else kept.find(digest)
        if found is not None:
            self.by_name[rune] = found
        return found

    def check(self, where: str) -> None:
        """Raise InputError unless the board was found to have what was given."""
        if self._given is not None and self._given not in self.by_name.values():
            raise InputError(
                "no Rune on the board is the file of --from",
                where=where,
                remedy="leave it out: the cast then sends what the board lacks",
            )


def planned(client: Client, name: str, data: bytes, files: Files) -> Plan:
    """Return a file's plan, by which each stretch costs least.

    Raises InputError, LinkError and kin.
    """
    found = delta.plan(client, name, data, files.of)
    files.check(client.where)
    old = files.by_name.get(name)

    def plan(shared: Sequence[Range]) -> Sequence[Stretch]:
        rest = tuple(without(found, shared))
        return rest if old is None else tuple(patched(data, rest, name, old))

    return plan


def whole(data: bytes) -> Plan:
    """Return the plan that sends all of a file."""
    return lambda shared: tuple(without((Stretch(0, len(data), None),), shared))


def way(sent: Sequence[Stretch], shared: Sequence[Range]) -> str:
    """Return the word for how a file is sent: "whole", "chunks" or "patches".

    Of one in chunks the board had some, or shares models that it had.
    """
    if any(stretch.patch is not None for stretch in sent):
        return "patches"
    is_there = shared or any(stretch.source is not None for stretch in sent)
    return "chunks" if is_there else "whole"
