"""What of a file a board has already, in which Rune and where, so that only the rest is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from runicd.answers import checked
from runicd.cast.chunks import CHUNK_MIN_BYTES, HASH_BYTES, chunks
from runicd.client import Client
from runicd.errors import LinkError

_ENTRY_BYTES = 2 + HASH_BYTES
_ROW: dict[str, type] = {"name": str}
_LIST_KINDS: dict[str, type] = {"sha256": bytes, "bytes": int, "chunks": bytes, "next": int}
# Asking what a board has costs as much as sending a smaller file.
_SMALLEST_BYTES = 4096
# More than any board has flash: what claims to be larger would be listed without an end.
_LARGEST_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class Place:
    """Where on a board bytes are: in which Rune's file, at which offset."""

    rune: str
    offset: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bytes of a file one after the other: on the board at `source`, or to be sent (None).

    With a `patch` they are what it makes of the whole file at `source`.
    """

    offset: int
    length: int
    source: Place | None
    patch: bytes | None = None

    @property
    def sent_bytes(self) -> int:
        """Return how many bytes are sent for it."""
        if self.patch is not None:
            return len(self.patch)
        return self.length if self.source is None else 0


Index = dict[tuple[int, bytes], Place]
"""Where a chunk of that length and hash is."""


Known = Callable[[str, bytes], bytes | None]
"""Given a Rune on the board and its file's SHA-256, returns that file if it is here, too."""


def plan(
    client: Client, name: str, data: bytes, known: Known = lambda _rune, _digest: None
) -> tuple[Stretch, ...]:
    """Return a file's stretches, in order, against what the board has now.

    The Rune of that name is looked at first; the others too, for they may have the same model.
    The board is not asked what a file consists of that is `known`.
    Raises LinkError and its kin.
    """
    index: Index = {}
    if len(data) >= _SMALLEST_BYTES:
        rows = [checked(row, _ROW, "list of Runes", client.where) for row in client.rows("ps")]
        for row in sorted(rows, key=lambda row: (row["name"] != name, row["name"])):
            file = known(row["name"], row["sha256"]) if _has_hash(row) else None
            found = _listed(client, row["name"]) if file is None else _cut(row["name"], file)
            for key, place in found:
                index.setdefault(key, place)
    return tuple(_joined(_stretches(data, index)))


def _has_hash(row: Mapping[str, Any]) -> bool:
    return isinstance(row.get("sha256"), bytes)


def _cut(name: str, file: bytes) -> Iterator[tuple[tuple[int, bytes], Place]]:
    """Yield what a Rune on the board consists of, from its file that is here, too."""
    for chunk in chunks(file):
        yield (chunk.length, chunk.digest), Place(name, chunk.offset)


def _listed(client: Client, name: str) -> Iterator[tuple[tuple[int, bytes], Place]]:
    """Yield what a Rune on the board consists of."""
    offset = 0
    while True:
        begun = offset
        asked = client.request("chunks", {"name": name, "offset": offset})
        answer = checked(asked, _LIST_KINDS, "answer to `chunks`", client.where)
        entries = answer["chunks"]
        for at in range(0, len(entries) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
            length = int.from_bytes(entries[at : at + 2], "little")
            if length < CHUNK_MIN_BYTES and offset + length != answer["bytes"]:
                raise LinkError(f"the board's list of {name} has tiny chunks", where=client.where)
            yield (length, entries[at + 2 : at + _ENTRY_BYTES]), Place(name, offset)
            offset += length
        if offset != answer["next"] or not offset <= answer["bytes"] <= _LARGEST_BYTES:
            raise LinkError(f"the board's list of {name}'s chunks is wrong", where=client.where)
        if offset == answer["bytes"]:
            return
        if offset == begun:
            raise LinkError(f"the board's list of {name}'s chunks ends", where=client.where)


def _stretches(data: bytes, index: Index) -> Iterator[Stretch]:
    for chunk in chunks(data):
        yield Stretch(chunk.offset, chunk.length, index.get((chunk.length, chunk.digest)))


def _joined(stretches: Iterator[Stretch]) -> Iterator[Stretch]:
    """Join stretches that follow each other, on the board too, or are both sent."""
    last: Stretch | None = None
    for stretch in stretches:
        if last is not None and _goes_on(last, stretch):
            last = replace(last, length=last.length + stretch.length)
            continue
        if last is not None:
            yield last
        last = stretch
    if last is not None:
        yield last


def _goes_on(last: Stretch, stretch: Stretch) -> bool:
    if last.source is None or stretch.source is None:
        return last.source is stretch.source
    return stretch.source == Place(last.source.rune, last.source.offset + last.length)
