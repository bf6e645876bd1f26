"""Gathering: versions in a partition are moved so that what is free lies together.

A move is an upload from here to there, into a hole that holds the version whole, so a power cut
costs nothing.
"""

from runicos.extent_places import largest_hole, places
from runicos.pointer import PLACE, SHA256, SIZE, read_all, write
from runicos.versions import kept


def gather(store: object) -> int:
    """Move versions while that makes the largest hole larger; return how many were moved.

    What is read stays where it is; no upload may be under way. Raises RuneError.
    """
    moved = 0
    move = _best_move(store)
    while move is not None:
        _move(store, *move)
        moved += 1
        move = _best_move(store)
    return moved


def _best_move(store: object) -> "tuple[str, object, list[object], int] | None":
    """Return (name, pointer, version, new offset) of the move to the largest hole, if any."""
    bodies = store.bodies
    used, needed = bodies.used(kept(store, True)), bodies.used(kept(store, False))
    best, largest = None, _worth(bodies, used, needed)
    for name, pointer in read_all(store):
        for version in pointer.versions():
            extent = bodies.extent(version[PLACE], version[SIZE])
            if bodies.is_held(extent):
                continue
            for place in places(used, extent[1] - extent[0], bodies.total_bytes):
                there = bodies.extent(place, version[SIZE])
                holes = _worth(bodies, _moved(used, extent, there), _moved(needed, extent, there))
                if holes > largest:
                    best, largest = (name, pointer, version, place), holes
    return best


def _worth(
    bodies: object, used: "list[tuple[int, int]]", needed: "list[tuple[int, int]]"
) -> "tuple[int, int]":
    """Return the largest hole if previous versions give way, then the one if they stay."""
    total_bytes = bodies.total_bytes
    return largest_hole(needed, total_bytes), largest_hole(used, total_bytes)


def _moved(
    extents: "list[tuple[int, int]]", extent: "tuple[int, int]", there: "tuple[int, int]"
) -> "list[tuple[int, int]]":
    return [there if other == extent else other for other in extents]


def _move(store: object, name: str, pointer: object, version: "list[object]", place: int) -> None:
    bodies = store.bodies
    offset, size = version[PLACE], version[SIZE]
    bodies.create(place, size)
    bodies.append(bodies.view[offset : offset + size])
    bodies.finish().close()
    version[PLACE] = bodies.keep(version[SHA256])
    pointer.sequence += 1
    write(store, name, pointer)
    bodies.drop()
