"""`graph` draws every stage and every edge once, escapes what it must, and overlaps no boxes."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runicd.graph import picture_of, to_dot, to_mermaid, to_svg
from runicd.graph.layout import NODE_HEIGHT, lay_out
from runicd.graph.picture import COLOURS, Edge, Node, Picture
from runicd.runefile.build import build
from tests.host.runefile_samples import two_headed_model, write
from tests.host.test_inspect import GRAPH, original

TEXT = """\
version: 1
image: runicos/base
pipeline:
  a: {capability: RAW, outputs: [{type: f32, dimensions: [1, 4]}]}
  b: {capability: RAW, outputs: [{type: f32, dimensions: [1, 4]}], args: {source: 1}}
  heads: {model: heads.tflite, inputs: [a, b]}
  best: {proc-block: most_confident_indices, inputs: [heads.1]}
  all: {out: serial, inputs: [heads, heads.1, best, a]}
"""


@pytest.fixture
def picture(tmp_path: Path) -> Picture:
    files = {"Runefile": TEXT, "heads.tflite": two_headed_model()}
    return picture_of(build(write(tmp_path, files), name="heads").data)


def test_nodes_and_edges(picture: Picture) -> None:
    assert picture.name == "heads"
    assert [node.name for node in picture.nodes] == ["a", "b", "heads", "best", "all"]
    assert [(edge.source, edge.target, edge.type) for edge in picture.edges] == [
        (0, 2, "f32[1, 4]"),
        (1, 2, "f32[1, 4]"),
        (2, 3, "f32[1, 4]"),
        (2, 4, "f32[1, 4]"),
        (2, 4, "f32[1, 4]"),
        (3, 4, "u32[1]"),
        (0, 4, "f32[1, 4]"),
    ]


def test_dot_has_the_originals_colours(picture: Picture) -> None:
    dot = to_dot(picture)
    for colour in ("lightgreen", "violet", "tan1", "indianred1"):
        assert f"fillcolor={colour}" in dot
    assert dot.count(" -> ") == len(picture.edges)
    if shutil.which("dot"):
        subprocess.run(["dot", "-Tsvg"], input=dot.encode(), check=True, capture_output=True)


def test_mermaid(picture: Picture) -> None:
    mermaid = to_mermaid(picture)
    assert mermaid.startswith("flowchart TD\n")
    assert 'n2["heads<br/>model"]:::model' in mermaid
    assert 'n3 -->|"u32[1]"| n4' in mermaid


def test_svg_is_xml_with_all_the_words(picture: Picture) -> None:
    root = ET.fromstring(to_svg(picture))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert [text for text in texts if text == "f32[1, 4]"] == ["f32[1, 4]"] * 6
    assert {"a", "b", "heads", "best", "all", "most_confident_indices"} <= set(texts)
    fills = {element.get("fill") for element in root.iter("{http://www.w3.org/2000/svg}rect")}
    assert {web for _, web in COLOURS.values()} <= fills


def test_an_original_runes_graph() -> None:
    picture = picture_of(original(GRAPH))
    assert picture.name == "old"
    assert len(picture.edges) == 3
    ET.fromstring(to_svg(picture))


WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


@st.composite
def pictures(draw: st.DrawFn) -> Picture:
    kinds = st.sampled_from(sorted(COLOURS))
    nodes = draw(st.lists(st.builds(Node, WORDS, kinds, WORDS), min_size=1, max_size=9))
    places = st.integers(0, len(nodes) - 1)
    pairs = draw(st.lists(st.tuples(places, places), max_size=12))
    edges = tuple(Edge(one, other, draw(WORDS)) for one, other in pairs if one != other)
    return Picture(draw(WORDS), tuple(nodes), edges)


@settings(max_examples=150, deadline=None)
@given(pictures())
def test_any_picture_can_be_drawn(picture: Picture) -> None:
    layout = lay_out(picture)
    for one, other in itertools.combinations(layout.boxes, 2):
        apart = abs(one.x - other.x) >= (one.width + other.width) / 2
        assert apart or abs(one.y - other.y) >= NODE_HEIGHT
    for box in layout.boxes:
        assert box.width / 2 <= box.x <= layout.width - box.width / 2
        assert 0 < box.y < layout.height
    dot = to_dot(picture)
    assert len(re.findall(r"^  n\d+ \[label=", dot, re.MULTILINE)) == len(picture.nodes)
    assert to_mermaid(picture).count("-->|") == len(picture.edges)


@settings(max_examples=100, deadline=None)
@given(pictures())
def test_any_svg_is_xml(picture: Picture) -> None:
    ET.fromstring(to_svg(picture))


def test_labels_lie_over_lines_on_a_background(picture: Picture) -> None:
    lines = to_svg(picture).splitlines()
    paths = [i for i, line in enumerate(lines) if line.startswith("<path d=")]
    labels = [i for i, line in enumerate(lines) if 'font-size="11"' in line]
    assert len(paths) == len(labels) == len(picture.edges)
    assert max(paths) < min(labels)
    assert all(lines[i - 1].endswith('fill="white"/>') for i in labels)
