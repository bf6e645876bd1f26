"""Lays a picture out in rows: each stage below all that it takes data from, few crossings.

An edge that passes rows gets a place in each of them, so that it runs around the boxes there.
"""

from __future__ import annotations

from dataclasses import dataclass

from runicd.graph.picture import Picture

CHARACTER_WIDTH = 7.5
NODE_HEIGHT = 44.0
ROW_GAP = 56.0
COLUMN_GAP = 36.0
MARGIN = 24.0
_SWEEPS = 4


@dataclass(frozen=True, slots=True)
class Box:
    """Where a node stands: its middle, its width; heights are all NODE_HEIGHT."""

    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Boxes by node; for each edge the points between its two boxes that it passes through."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    bends: tuple[tuple[tuple[float, float], ...], ...]


@dataclass(slots=True)
class _Slot:
    """A node, or the place where a passing edge crosses a row (edge is then its number)."""

    row: int
    width: float
    node: int = -1
    edge: int = -1
    x: float = 0.0


class _Rows:
    """Assigns rows, orders slots within them, and gives them places."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self.row_of = _longest_paths(picture)
        height = max(self.row_of, default=0) + 1
        self.rows: list[list[_Slot]] = [[] for _ in range(height)]
        self.links: list[tuple[_Slot, _Slot]] = []
        self.nodes = [self._node(index) for index in range(len(picture.nodes))]
        self.passing: list[list[_Slot]] = [
            self._pass(index) for index in range(len(picture.edges))
        ]
        for _ in range(_SWEEPS):
            self._order()

    def _node(self, index: int) -> _Slot:
        node = self.picture.nodes[index]
        labels = [len(edge.type) for edge in self.picture.edges if edge.source == index]
        longest = max(len(node.name), len(node.text), *labels, 6)
        slot = _Slot(self.row_of[index], longest * CHARACTER_WIDTH + 24, node=index)
        self.rows[slot.row].append(slot)
        return slot

    def _pass(self, index: int) -> list[_Slot]:
        edge = self.picture.edges[index]
        previous = self.nodes[edge.source]
        slots = []
        for row in range(self.row_of[edge.source] + 1, self.row_of[edge.target]):
            slot = _Slot(row, len(edge.type) * CHARACTER_WIDTH, edge=index)
            self.rows[row].append(slot)
            self.links.append((previous, slot))
            slots.append(slot)
            previous = slot
        self.links.append((previous, self.nodes[edge.target]))
        return slots

    def _order(self) -> None:
        """Put each slot near the middle of its neighbours, downwards and then upwards."""
        for upwards in (False, True):
            self._place()
            for row in reversed(self.rows) if upwards else self.rows:
                row.sort(key=lambda slot: self._pull(slot, upwards=upwards))
        self._place()

    def _pull(self, slot: _Slot, *, upwards: bool) -> float:
        if upwards:
            places = [target.x for source, target in self.links if source is slot]
        else:
            places = [source.x for source, target in self.links if target is slot]
        return sum(places) / len(places) if places else slot.x

    def _place(self) -> None:
        """Centre every row on x = 0."""
        for row in self.rows:
            total = sum(slot.width for slot in row) + COLUMN_GAP * max(0, len(row) - 1)
            at = -total / 2
            for slot in row:
                slot.x = at + slot.width / 2
                at += slot.width + COLUMN_GAP


def _longest_paths(picture: Picture) -> list[int]:
    """Return each node's row: one below the lowest of what it takes data from.

    Edges of an original Rune's graph may form a cycle; the number of rounds is bounded for that.
    """
    rows = [0] * len(picture.nodes)
    for _ in picture.nodes:
        changed = False
        for edge in picture.edges:
            wanted = min(rows[edge.source] + 1, len(rows) - 1)
            if rows[edge.target] < wanted:
                rows[edge.target] = wanted
                changed = True
        if not changed:
            break
    return rows


def lay_out(picture: Picture) -> Layout:
    """Return where everything goes, in pixels from the top left corner."""
    rows = _Rows(picture)
    widths = [sum(slot.width for slot in row) + COLUMN_GAP * (len(row) - 1) for row in rows.rows]
    half = max([*widths, 60.0]) / 2
    step = NODE_HEIGHT + ROW_GAP

    def point(slot: _Slot) -> tuple[float, float]:
        return MARGIN + half + slot.x, MARGIN + NODE_HEIGHT / 2 + slot.row * step

    boxes = tuple(Box(*point(slot), slot.width) for slot in rows.nodes)
    bends = tuple(tuple(point(slot) for slot in slots) for slots in rows.passing)
    height = 2 * MARGIN + len(rows.rows) * step - ROW_GAP
    return Layout(2 * MARGIN + 2 * half, height, boxes, bends)
