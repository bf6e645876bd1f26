"""Patches of what a board has, made by detools: sequential, compressed by CRLE.

Where detools is not installed none are made: casts then send more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

from runicd.cast.delta import Place, Stretch

# A request has 4,096 bytes in all; names and numbers are in it, too.
PATCH_MAX_BYTES = 3600
# What one patch makes at most: boards decode it in one go.
PIECE_BYTES = 8192
_SMALLEST_BYTES = 512
# Each patch sorts the old file anew, some 10 MB a second: so much of it is worth while.
_SORTED_MAX_BYTES = 24 << 20
# What a request and its answer have besides.
_ORDER_BYTES = 80


def patched(
    data: bytes, stretches: tuple[Stretch, ...], rune: str, old: bytes
) -> Iterator[Stretch]:
    """Yield a file's stretches; what was to be sent is patched where that is smaller.

    `old` is the file that the board has as the Rune of that name.
    """
    budget = _Budget(_SORTED_MAX_BYTES // (len(old) + 1))
    for stretch in stretches:
        if stretch.source is not None:
            yield stretch
        else:
            yield from _joined(_pieces(data, stretch, rune, old, budget))


def patch(old: bytes, new: bytes) -> bytes | None:
    """Return what makes `new` of `old`; None where that cannot be made."""
    try:
        import detools  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        return None
    made = BytesIO()
    try:
        detools.create_patch(
            BytesIO(old),
            BytesIO(new),
            made,
            compression="crle",
            patch_type="sequential",
            use_mmap=False,
        )
    except detools.Error:
        return None
    return made.getvalue()


class _Budget:
    """How many patches may still be made."""

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self) -> bool:
        """Take one of them if there is one."""
        self.left -= 1
        return self.left >= 0


def _pieces(
    data: bytes, stretch: Stretch, rune: str, old: bytes, budget: _Budget
) -> Iterator[Stretch]:
    end = stretch.offset + stretch.length
    for at in range(stretch.offset, end, PIECE_BYTES):
        piece = Stretch(at, min(PIECE_BYTES, end - at), None)
        yield from _best(data, piece, rune, old, budget)


def _best(
    data: bytes, piece: Stretch, rune: str, old: bytes, budget: _Budget
) -> Iterator[Stretch]:
    """Yield a piece as a patch if that is smaller; in halves where part of it may be."""
    new = data[piece.offset : piece.offset + piece.length]
    found = patch(old, new) if piece.length >= _SMALLEST_BYTES and budget.take() else None
    if found is None or len(found) > piece.length - _ORDER_BYTES:
        yield piece
    elif len(found) <= PATCH_MAX_BYTES:
        yield replace(piece, source=Place(rune, 0), patch=found)
    else:
        half = piece.length // 2
        for part in (
            replace(piece, length=half),
            replace(piece, offset=piece.offset + half, length=piece.length - half),
        ):
            yield from _best(data, part, rune, old, budget)


def _joined(pieces: Iterator[Stretch]) -> Iterator[Stretch]:
    """Join pieces that are sent as they are."""
    last: Stretch | None = None
    for piece in pieces:
        if last is not None and last.source is None and piece.source is None:
            last = replace(last, length=last.length + piece.length)
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last
