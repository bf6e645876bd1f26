"""Models that a board has already: another Rune's, and this one's are not sent or stored again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from runicd.answers import checked
from runicd.cast.delta import Stretch
from runicd.client import Client
from runicd.errors import LinkError
from runicd.runefile.read_rune import RuneFile
from runicos.contract.wire import SHARED_MAX, SHARED_MIN_BYTES

_MODEL = "runic.model"
_ALIGNED_BYTES = 16
_FLASH: dict[str, type] = {
    "bytes": int,
    "used": int,
    "free": int,
    "versions": list,
    "models": list,
}


@dataclass(frozen=True, slots=True)
class Model:
    """A model's bytes in a Rune's file: where, how many, their SHA-256."""

    offset: int
    length: int
    digest: bytes


Range = tuple[int, int]
"""Bytes of a file: (offset, length)."""

Plan = Callable[[Sequence[Range]], Sequence[Stretch]]
"""Given what of a file lies on the board already, returns the stretches of the rest, in order."""


def models_of(file: RuneFile) -> list[Model]:
    """Return a Rune's models that a board may have from another one, by offset.

    Only those behind all that the sandbox loads: a board gives that to it in one piece.
    """
    loaded = max((one.offset for one in file.module.sections if one.id != 0), default=0)
    sections = [one for one in file.module.sections if one.id == 0 and one.name == _MODEL]
    found = []
    for section in sections:
        at = section.start + 1 + file.module.data[section.start]
        if section.offset > loaded and at % _ALIGNED_BYTES == 0:
            content = file.module.data[at : section.end]
            found.append(Model(at, len(content), hashlib.sha256(content).digest()))
    return found


def told(models: Sequence[Model]) -> list[list[Any]]:
    """Return models as `begin` takes them."""
    return [[model.offset, model.length, model.digest] for model in models]


def ranges(answer: Mapping[str, Any], models: Sequence[Model], where: str) -> list[Range]:
    """Return what the board shares, as it answers `begin`. Raises LinkError for nonsense."""
    shared = answer["shared"]
    offered = [(model.offset, model.length) for model in models]
    found = [one for one in offered if list(one) in shared]
    if shared != [list(one) for one in found]:
        raise LinkError("the board shares what it was not offered", where=where)
    return found


def without(stretches: Sequence[Stretch], shared: Sequence[Range]) -> Iterator[Stretch]:
    """Yield the stretches, none of them patched, without the bytes that are shared."""
    for stretch in stretches:
        at, end = stretch.offset, stretch.offset + stretch.length
        for offset, length in shared:
            if offset >= end:
                break
            if at < offset:
                yield _cut(stretch, at, offset)
            at = max(at, offset + length)
        if at < end:
            yield _cut(stretch, at, end)


def _cut(stretch: Stretch, start: int, end: int) -> Stretch:
    """Return part of a stretch, by its bytes' offsets in the file."""
    source = stretch.source
    if source is not None:
        source = replace(source, offset=source.offset + start - stretch.offset)
    return Stretch(start, end - start, source)


def flash(client: Client) -> dict[str, Any]:
    """Return what the board's flash holds; LinkError when that makes no sense."""
    return checked(client.request("flash"), _FLASH, "answer to `flash`", client.where)


def shared_bytes(models: Sequence[Model], found: Mapping[str, Any]) -> int:
    """Return how many of a file's bytes the board of these models need not store again."""
    there = [bytes(one) for one in found["models"] if isinstance(one, bytes)]
    shared = [
        model.length - model.length % _ALIGNED_BYTES
        for model in models
        if model.digest in there and model.length >= SHARED_MIN_BYTES
    ]
    return sum(shared[:SHARED_MAX])
