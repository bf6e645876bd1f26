"""Gathering: what versions have in a partition is moved so that what is free lies together.

A move is an upload from here to there, into a hole that holds it whole, so a power cut costs
nothing. What two versions share stays where it is: no single step moves it for both.
"""

from runicos.extent_places import largest_hole, places
from runicos.pointer import PLACE, SHARED, SIZE, read_all, write
from runicos.shared import own_bytes
from runicos.versions import kept


class _Stretch:
    """A stretch of flash that a version has, its own body or what it shares with none any more.

    `holder[index]` is its offset on flash, `extent` the blocks that it lies in.
    """

    def __init__(
        self,
        bodies: object,
        name: str,
        pointer: object,
        holder: "list[object]",
        index: int,
        length: int,
    ) -> None:
        self.name = name
        self.pointer = pointer
        self.holder = holder
        self.index = index
        self.length = length
        self.extent = bodies.extent(holder[index], length)


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


def _best_move(store: object) -> "tuple[_Stretch, int] | None":
    """Return (stretch, offset of its new blocks) of the move to the largest hole, if any."""
    bodies = store.bodies
    used, needed = bodies.used(kept(store, True)), bodies.used(kept(store, False))
    best, largest = None, _worth(bodies, used, needed)
    for stretch in _movable(store, used):
        extent = stretch.extent
        blocks_bytes = extent[1] - extent[0]
        for place in places(used, blocks_bytes, bodies.total_bytes):
            there = (place, place + blocks_bytes)
            holes = _worth(bodies, _moved(used, extent, there), _moved(needed, extent, there))
            if holes > largest:
                best, largest = (stretch, place), holes
    return best


def _movable(store: object, used: "list[tuple[int, int]]") -> "list[_Stretch]":
    """Return the stretches that nobody reads and nobody else has anything of."""
    found = [stretch for name, pointer in read_all(store) for stretch in _of(store, name, pointer)]
    return [
        stretch
        for stretch in found
        if not store.bodies.is_held(stretch.extent)
        and sum([_overlap(stretch.extent, extent) for extent in used]) == 1
    ]


def _of(store: object, name: str, pointer: object) -> "list[_Stretch]":
    found = []
    for version in pointer.versions():
        own = own_bytes(version[SIZE], version[SHARED])
        found.append(_Stretch(store.bodies, name, pointer, version, PLACE, own))
        found += [
            _Stretch(store.bodies, name, pointer, entry, 2, entry[1]) for entry in version[SHARED]
        ]
    return found


def _overlap(one: "tuple[int, int]", other: "tuple[int, int]") -> bool:
    return one[0] < other[1] and other[0] < one[1]


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


def _move(store: object, stretch: _Stretch, place: int) -> None:
    bodies = store.bodies
    start = stretch.extent[0]
    offset = stretch.holder[stretch.index]
    end = offset + stretch.length
    bodies.create(place, end - start)
    bodies.append(bodies.view[start:end])
    bodies.finish()
    stretch.holder[stretch.index] = place + offset - start
    stretch.pointer.sequence += 1
    write(store, stretch.name, stretch.pointer)
    bodies.drop()
