"""Writes a picture as SVG, laid out here: no other program is needed."""

from __future__ import annotations

import itertools
from html import escape

from runicd.graph.layout import NODE_HEIGHT, Box, Layout, lay_out
from runicd.graph.picture import COLOURS, Edge, Node, Picture

_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
    'viewBox="0 0 {width:.0f} {height:.0f}" font-family="Helvetica, Arial, sans-serif" '
    'font-size="13" text-anchor="middle">'
)
# Of the small type that labels are in.
_LETTER_WIDTH = 6.2
_LABEL_HEIGHT = 14
_ARROW = (
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
    'markerHeight="8" orient="auto"><path d="M0,0 L8,4 L0,8 z" fill="#444"/></marker></defs>'
)


def to_svg(picture: Picture) -> str:
    """Return the text of an `.svg` file."""
    layout = lay_out(picture)
    lines = [
        _HEAD.format(width=layout.width, height=layout.height),
        f"<title>{_plain(picture.name)}</title>",
        _ARROW,
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for index, edge in enumerate(picture.edges):
        lines.append(_edge(edge, layout, index))
    # After all lines, so that none runs through a label.
    for index, edge in enumerate(picture.edges):
        lines += _label(edge, layout, index)
    for node, box in zip(picture.nodes, layout.boxes, strict=True):
        lines += _node(node, box)
    return "\n".join([*lines, "</svg>", ""])


def _node(node: Node, box: Box) -> list[str]:
    left, top = box.x - box.width / 2, box.y - NODE_HEIGHT / 2
    radius = NODE_HEIGHT / 2 if node.kind in {"capability", "output"} else 4
    return [
        (
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{box.width:.1f}" height="{NODE_HEIGHT:g}" '
            f'rx="{radius:g}" fill="{COLOURS[node.kind][1]}" stroke="#444"/>'
        ),
        f'<text x="{box.x:.1f}" y="{box.y - 4:.1f}" font-weight="bold">{_plain(node.name)}</text>',
        f'<text x="{box.x:.1f}" y="{box.y + 13:.1f}">{_plain(node.text)}</text>',
    ]


def _points(edge: Edge, layout: Layout, index: int) -> list[tuple[float, float]]:
    start, end = layout.boxes[edge.source], layout.boxes[edge.target]
    first, last = (start.x, start.y + NODE_HEIGHT / 2), (end.x, end.y - NODE_HEIGHT / 2)
    return [first, *layout.bends[index], last]


def _edge(edge: Edge, layout: Layout, index: int) -> str:
    """Draw one edge as a curve through its bends."""
    points = _points(edge, layout, index)
    path = f"M{points[0][0]:.1f},{points[0][1]:.1f}"
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        middle = (y0 + y1) / 2
        path += f" C{x0:.1f},{middle:.1f} {x1:.1f},{middle:.1f} {x1:.1f},{y1:.1f}"
    return f'<path d="{path}" fill="none" stroke="#444" marker-end="url(#arrow)"/>'


def _label(edge: Edge, layout: Layout, index: int) -> list[str]:
    """Write an edge's type on its first part, on a background that hides the line."""
    x, y = layout.bends[index][0] if layout.bends[index] else _middle(_points(edge, layout, index))
    width = len(edge.type) * _LETTER_WIDTH + 6
    return [
        (
            f'<rect x="{x - width / 2:.1f}" y="{y - _LABEL_HEIGHT / 2:.1f}" width="{width:.1f}" '
            f'height="{_LABEL_HEIGHT}" fill="white"/>'
        ),
        f'<text x="{x:.1f}" y="{y + 4:.1f}" font-size="11">{_plain(edge.type)}</text>',
    ]


def _plain(text: str) -> str:
    """Write what may stand in XML; characters that may not become question marks."""
    return escape("".join(one if one.isprintable() else "?" for one in text))


def _middle(points: list[tuple[float, float]]) -> tuple[float, float]:
    return (points[0][0] + points[1][0]) / 2, (points[0][1] + points[1][1]) / 2
