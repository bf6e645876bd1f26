"""Data cut by what is in it, as boards cut it (native_modules/chunks), and a chunk's hash.

A boundary lies where the hash of the 32 bytes before it has a certain value, so what is inserted
in one place moves no boundary elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

CHUNK_MIN_BYTES = 256
CHUNK_MAX_BYTES = 4096
HASH_BYTES = 8
_WINDOW_BITS = 32
_MULTIPLIER = np.uint32(0x9E3779B1)
_BOUNDARY_SHIFT = np.uint32(22)
_BOUNDARY_VALUE = 0x2A5


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of a file: where it begins, its length in bytes, the beginning of its SHA-256."""

    offset: int
    length: int
    digest: bytes


def chunks(data: bytes) -> Iterator[Chunk]:
    """Yield the chunks of a file, in order; together they are the file."""
    boundaries = _boundaries(data)
    at = following = 0
    while at < len(data):
        while following < len(boundaries) and boundaries[following] < at + CHUNK_MIN_BYTES:
            following += 1
        end = min(at + CHUNK_MAX_BYTES, len(data))
        if following < len(boundaries):
            end = min(end, int(boundaries[following]))
        yield Chunk(at, end - at, hashlib.sha256(data[at:end]).digest()[:HASH_BYTES])
        at = end


def _boundaries(data: bytes) -> npt.NDArray[np.int64]:
    """Return every offset that a chunk may end at, in order.

    The hash of the last n bytes gives that of the last 2 n: each step moves a byte up by one bit.
    """
    hashes = (np.frombuffer(data, np.uint8).astype(np.uint32) + np.uint32(1)) * _MULTIPLIER
    width = 1
    while width < _WINDOW_BITS:
        earlier = hashes[:-width] << np.uint32(width)
        hashes[width:] += earlier
        width *= 2
    return np.flatnonzero(hashes >> _BOUNDARY_SHIFT == _BOUNDARY_VALUE) + 1
