"""Gathering: Runes in a partition are moved so that what is free lies together.

A move is an upload from here to there, into a hole that holds the Rune whole, so a power cut costs
nothing.
"""


def gather(bodies: object) -> int:
    """Move Runes while that makes the largest hole larger; return how many. Raises RuneError."""
    moved = 0
    move = _best_move(bodies)
    while move is not None:
        _move(bodies, move[0], move[1], move[2])
        moved += 1
        move = _best_move(bodies)
    return moved


def _best_move(bodies: object) -> "tuple[str, list[object], int] | None":
    """Return (path, record, new offset) of the move that gives the largest hole, if any."""
    used = bodies.used()
    best, largest = None, bodies.largest_hole(used)
    for path in bodies.record_paths():
        record = bodies.record(path)
        if record is None:
            continue
        extent = bodies.extent(record[0], record[1])
        if bodies.is_held(extent):
            continue
        others = [other for other in used if other != extent]
        for place in bodies.places(used, record[1]):
            hole = bodies.largest_hole(others + [bodies.extent(place, record[1])])
            if hole > largest:
                best, largest = (path, record, place), hole
    return best


def _move(bodies: object, path: str, record: "list[object]", place: int) -> None:
    offset, size, digest = record
    bodies.create(place, size)
    bodies.append(bodies.view[offset : offset + size])
    bodies.finish().close()
    bodies.keep(path, digest)
    bodies.drop()
