"""Sharing: which of a new file's models other Runes have. In memory while an upload begins."""

from hashlib import sha256

import chunks
from micropython import const

from runicos.contract.wire import SHARED_MAX, SHARED_MIN_BYTES
from runicos.pointer import PLACE, SHA256, SHARED, read
from runicos.shared import is_stretch, own_offset

_ALIGNED_BYTES = const(16)


def find(runes: object, size: int, models: "list[list[object]]") -> "list[list[object]]":
    """Return what a new file of that size shares with the Runes on this board, see shared.py.

    `models` are (offset, length, SHA-256) of those in the file, by offset; what cannot be is
    passed over.
    """
    found: "list[list[object]]" = []
    end = 0
    for offset, length, digest in models:
        if length < SHARED_MIN_BYTES or not is_stretch(offset, length, end, size):
            continue
        place = _place(runes, length, digest)
        if place is not None and len(found) < SHARED_MAX:
            found.append([offset, length] + place)
            end = offset + length
    return found


def _place(runes: object, length: int, digest: bytes) -> "list[object] | None":
    """Return [place, at] of a model that is there, whole."""
    for name in sorted(runes.by_name):
        rune = runes.by_name[name]
        manifest = None if rune.slot is None else rune.slot.manifest
        for record in [] if manifest is None else manifest.models:
            model = rune.slot.models[record["section"]]
            if record["sha256"] == digest and len(model) == length:
                place = _place_in(runes.store, rune, model)
                # It was checked when its Rune was read, and flash may have rotted since.
                if place is not None and sha256(model).digest() == digest:
                    return place
    return None


def _place_in(store: object, rune: object, model: memoryview) -> "list[object] | None":
    pointer = read(store, rune.name)
    if pointer is None or pointer.current[SHA256] != rune.sha256:
        return None
    offset = chunks.offset(rune.slot.parts, model)
    for entry in pointer.current[SHARED]:
        if entry[0] == offset:
            return entry[2:]
    at = own_offset(offset, pointer.current[SHARED])
    # In a file that is not ours it may lie anywhere, and so is none that others could use.
    return None if at % _ALIGNED_BYTES else store.bodies.piece_at(pointer.current[PLACE], at)
