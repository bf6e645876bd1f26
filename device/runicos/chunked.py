"""What a Rune's file consists of, chunk by chunk: a host sends a board only what it lacks.

A chunk is 10 bytes in the list: its length, 2 bytes little endian, and the first 8 bytes of its
SHA-256. Two chunks that agree in these by chance cost a cast that is refused at its end, for the
whole file's hash is checked then.
"""

import chunks
from micropython import const

from runicos.shared import digest_of, stretches

_HASH_BYTES = const(8)
_LISTED_MAX = const(64)


def listed(parts: "tuple[memoryview, ...]", at: int) -> "tuple[bytes, int]":
    """Return the list of the chunks from an offset on that fit an answer, and where they end.

    `parts` are the file's.
    """
    found = bytearray()
    for _ in range(_LISTED_MAX):
        length = chunks.cut(parts, at)
        if not length:
            break
        found += length.to_bytes(2, "little")
        found += digest_of(tuple(stretches(parts, at, length)))[:_HASH_BYTES]
        at += length
    return bytes(found), at
