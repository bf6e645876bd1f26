"""Patches: part of an upload is made from a file that the board has. In memory only meanwhile.

A patch is never trusted: it is read to its end before a byte of what it makes is written, and the
whole upload's hash is checked at its commit like any other's.
"""

import chunks
from micropython import const

from runicos.contract.errors import BAD_REQUEST, RuneError

_PIECE_BYTES = const(1024)


def patched(patch: bytes, old: "tuple[memoryview, ...]", most_bytes: int, append: object) -> None:
    """Hand what a patch makes of an old file, in parts, to `append(offset, piece)`.

    Raises RuneError when the patch is damaged or makes more than `most_bytes`, before anything is
    handed on.
    """
    piece = bytearray(_PIECE_BYTES)
    made = 0
    while True:
        try:
            total = chunks.patched(patch, old, made, piece)
        except ValueError as error:
            raise RuneError(BAD_REQUEST, "patch", str(error))
        if total > most_bytes:
            raise RuneError(BAD_REQUEST, "patch", "bytes beyond the end of a file")
        count = min(_PIECE_BYTES, total - made)
        append(made, memoryview(piece)[:count])
        made += count
        if made == total:
            return
