"""Writes a picture as Mermaid, which terminals, forges and editors show."""

from __future__ import annotations

from runicd.graph.picture import COLOURS, Picture

_BRACKETS = {
    "capability": ("([", "])"),
    "model": ("[", "]"),
    "block": ("[", "]"),
    "output": ("([", "])"),
}


def to_mermaid(picture: Picture) -> str:
    """Return the text of a Mermaid flowchart."""
    lines = ["flowchart TD"]
    for index, node in enumerate(picture.nodes):
        opening, closing = _BRACKETS[node.kind]
        label = f"{_escape(node.name)}<br/>{_escape(node.text)}"
        lines.append(f'    n{index}{opening}"{label}"{closing}:::{node.kind}')
    lines += [
        f'    n{edge.source} -->|"{_escape(edge.type)}"| n{edge.target}' for edge in picture.edges
    ]
    lines += [f"    classDef {kind} fill:{web},color:#000" for kind, (_, web) in COLOURS.items()]
    return "\n".join([*lines, ""])


def _escape(text: str) -> str:
    """Write what Mermaid would take for its own as character codes."""
    return "".join(
        character if character not in '"<>&#;' else f"#{ord(character)};" for character in text
    )
