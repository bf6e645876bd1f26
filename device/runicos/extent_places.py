"""Places in a partition: which extents are free, in whole blocks. In memory while it is asked."""


def places(used: "list[tuple[int, int]]", length: int, total_bytes: int) -> "list[int]":
    """Return the offsets at both ends of each hole that is large enough, first fit first."""
    found = []
    for start, end in _holes(used, total_bytes):
        if end - start >= length:
            found += [start, end - length]
    return found


def largest_hole(used: "list[tuple[int, int]]", total_bytes: int) -> int:
    """Return the size of the largest hole between extents."""
    return max([end - start for start, end in _holes(used, total_bytes)])


def free_bytes(used: "list[tuple[int, int]]", total_bytes: int) -> int:
    """Return the size of all holes between extents."""
    return sum([end - start for start, end in _holes(used, total_bytes)])


def _holes(used: "list[tuple[int, int]]", total_bytes: int) -> "list[tuple[int, int]]":
    """Return (start, end) of each piece between extents, of no bytes where they touch."""
    found = []
    start = 0
    for used_start, used_end in sorted(used):
        if used_start > start:
            found.append((start, used_start))
        start = max(start, used_end)
    found.append((start, total_bytes))
    return found
