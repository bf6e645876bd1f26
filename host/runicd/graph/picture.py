"""A pipeline as nodes and edges, with the original's colours and the types on the edges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runicd.runefile.describe import StageSummary, original_stages, own_stages
from runicd.runefile.read_rune import read_rune

COLOURS: Mapping[str, tuple[str, str]] = {
    "capability": ("lightgreen", "#90ee90"),
    "model": ("violet", "#ee82ee"),
    "block": ("tan1", "#ffa54f"),
    "output": ("indianred1", "#ff6a6a"),
}
"""Colour of each kind of stage: its Graphviz name, which are X11's, and the same for the web."""


@dataclass(frozen=True, slots=True)
class Node:
    """One stage; `text` is what it is, below its name."""

    name: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Edge:
    """Data that goes from one stage to another, by their places in the list of nodes."""

    source: int
    target: int
    type: str


@dataclass(frozen=True, slots=True)
class Picture:
    """What is to be drawn; every edge goes from an earlier node to a later one."""

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def picture_of(data: bytes) -> Picture:
    """Return the picture of a Rune's bytes. Raises RuneFormatError."""
    rune = read_rune(data)
    _, stages = original_stages(rune) if rune.is_original else own_stages(rune)
    name = (rune.fields or {}).get("name")
    if name is None:
        head = (rune.graph or {}).get("rune")
        name = head.get("name") if isinstance(head, dict) else None
    nodes = tuple(Node(stage.name, stage.kind, stage.what) for stage in stages)
    return Picture(str(name or "rune"), nodes, _edges(stages))


def _edges(stages: tuple[StageSummary, ...]) -> tuple[Edge, ...]:
    """Return the edges in one direction; what an original's graph says backwards is left out."""
    places = {stage.name: index for index, stage in enumerate(stages)}
    return tuple(
        Edge(places[source], places[stage.name], type_)
        for stage in stages
        for source, type_ in zip(stage.takes_from, stage.inputs, strict=True)
        if source in places and places[source] != places[stage.name]
    )
