"""Sharing: which of a new file's models other Runes have. In memory while an upload begins."""

import chunks
from micropython import const

from runicos.pointer import PLACE, SHA256, SHARED, read
from runicos.shared import SHARED_MAX, is_stretch, own_offset

# A smaller one is written again: it would keep two blocks of another body in use.
_SMALLEST_BYTES = const(4096)


def find(runes: object, size: int, models: "list[list[object]]") -> "list[list[object]]":
    """Return what a new file of that size shares with the Runes on this board, see shared.py.

    `models` are (offset, length, SHA-256) of those in the file, by offset; what cannot be is
    passed over.
    """
    found: "list[list[object]]" = []
    end = 0
    for offset, length, digest in models:
        if length < _SMALLEST_BYTES or not is_stretch(offset, length, end, size):
            continue
        place = _place(runes, length, digest)
        if place is not None and len(found) < SHARED_MAX:
            found.append([offset, length] + place)
            end = offset + length
    return found


def _place(runes: object, length: int, digest: bytes) -> "list[object] | None":
    """Return [place, at] of a model whose bytes were checked when its Rune was read."""
    for name in sorted(runes.by_name):
        rune = runes.by_name[name]
        manifest = None if rune.slot is None else rune.slot.manifest
        for model in [] if manifest is None else manifest.models:
            section = model["section"]
            if model["sha256"] == digest and len(rune.slot.models[section]) == length:
                place = _place_in(runes.store, rune, rune.slot.models[section])
                if place is not None:
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
    return store.bodies.piece_at(pointer.current[PLACE], at)
