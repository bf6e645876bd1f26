"""Shared bytes: a model that two versions have lies on flash once.

What of a version's file lies in another version's body is its `shared`: a list of [offset, length,
place, at], by offset in the file, of what lies `at` so many bytes into the body at that place. The
rest is the version's own and lies in its own body, one stretch behind the other, each as far from
a multiple of 16 as it is in the file: what is aligned there is aligned on flash.
"""

from hashlib import sha256

from micropython import const

from runicos.contract import wire

_ALIGNED_BYTES = const(16)


def gone(length: int) -> int:
    """Return how many bytes shorter a body is for so many that are shared."""
    return length - length % _ALIGNED_BYTES


def own_bytes(size: int, shared: "list[list[object]]") -> int:
    """Return the size of a version's own body."""
    return size - sum([gone(entry[1]) for entry in shared])


def own_offset(offset: int, shared: "list[list[object]]") -> int:
    """Return where in a version's own body a byte of its file is."""
    return offset - sum([gone(entry[1]) for entry in shared if entry[0] < offset])


def file_parts(
    own: memoryview, size: int, shared: "list[list[object]]", piece: object
) -> "tuple[memoryview, ...]":
    """Return a file's parts in order: its own ones, and between them what `piece` finds."""
    found = []
    at = missing = 0
    for entry in shared:
        found.append(own[at - missing : entry[0] - missing])
        found.append(piece(entry))
        at = entry[0] + entry[1]
        missing += gone(entry[1])
    found.append(own[at - missing : size - missing])
    return tuple(found)


def digest_of(parts: "tuple[memoryview, ...]") -> bytes:
    """Return the SHA-256 of a file in parts."""
    hashed = sha256()
    for part in parts:
        hashed.update(part)
    return hashed.digest()


def stretches(parts: "tuple[memoryview, ...]", offset: int, length: int) -> "list[memoryview]":
    """Return bytes of a file in parts, as they lie; fewer than `length` at its end."""
    found = []
    for part in parts:
        if length and offset < len(part):
            found.append(part[offset : offset + length])
            length -= len(found[-1])
        offset = max(0, offset - len(part))
    return found


def are_right(bodies: object, size: object, shared: object) -> bool:
    """Say whether a list read from flash can be what a file of that size shares."""
    if not isinstance(shared, list) or len(shared) > wire.SHARED_MAX:
        return False
    end = 0
    for entry in shared:
        if not isinstance(entry, list) or len(entry) != 4:
            return False
        if not is_stretch(entry[0], entry[1], end, size) or not bodies.is_piece(*entry[1:]):
            return False
        end = entry[0] + entry[1]
    return True


def is_stretch(offset: object, length: object, start: int, size: object) -> bool:
    """Say whether a file has that stretch, behind what was before it."""
    if not isinstance(offset, int) or not isinstance(length, int) or not isinstance(size, int):
        return False
    return start <= offset <= size and 0 < length <= size - offset and not offset % _ALIGNED_BYTES
