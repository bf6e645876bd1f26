"""Writes a picture as Graphviz dot."""

from __future__ import annotations

from runicd.graph.picture import COLOURS, Picture

_SHAPES = {"capability": "ellipse", "model": "box", "block": "box", "output": "ellipse"}


def to_dot(picture: Picture) -> str:
    """Return the text of a `.dot` file."""
    lines = [f"digraph {_quote(picture.name)} {{", "  node [style=filled];"]
    for index, node in enumerate(picture.nodes):
        label = _quote(f"{node.name}\n{node.text}")
        colour = COLOURS[node.kind][0]
        lines.append(
            f"  n{index} [label={label}, fillcolor={colour}, shape={_SHAPES[node.kind]}];"
        )
    lines += [
        f"  n{edge.source} -> n{edge.target} [label={_quote(edge.type)}];"
        for edge in picture.edges
    ]
    return "\n".join([*lines, "}", ""])


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
