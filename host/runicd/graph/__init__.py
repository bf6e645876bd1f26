"""Draws a Rune's pipeline: as Graphviz dot, as SVG without needing Graphviz, as Mermaid."""

from runicd.graph.dot import to_dot
from runicd.graph.mermaid import to_mermaid
from runicd.graph.picture import Picture, picture_of
from runicd.graph.svg import to_svg

__all__ = ["Picture", "picture_of", "to_dot", "to_mermaid", "to_svg"]
