"""Every Runefile that the README and docs/runefile.md show builds as it stands there."""

import re
import textwrap

import numpy as np
import pytest

from runicd.model.write_tflite import Graph
from runicd.runefile.build import build
from runicd.runefile.rewrite import convert_runefile
from tests.board import ROOT
from tests.host.runefile_samples import dense_model, write

FENCED = re.compile(r"^```(?:dockerfile|yaml)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
INDENTED = re.compile(r"(?:^ {4}.*\n|^\n(?= {4}))+", re.MULTILINE)
STARTS = ("FROM ", "version:")
LABELS = "nobody\nsomebody\n"


def runefiles(document: str) -> list[str]:
    """Return what is a Runefile among a document's fenced and indented blocks."""
    text = (ROOT / document).read_text("utf-8")
    blocks = FENCED.findall(text) + [
        textwrap.dedent(one).lstrip("\n") for one in INDENTED.findall(text)
    ]
    return [block for block in blocks if block.startswith(STARTS)]


def image_model() -> bytes:
    """Return a model that takes a whole image and gives two scores."""
    graph = Graph("person")
    image = graph.input("image", "f32", (1, 96, 96, 1))
    weights = graph.constant("w", np.zeros((2, 96 * 96), "f4"))
    bias = graph.constant("b", np.zeros(2, "f4"))
    graph.output(graph.op("FULLY_CONNECTED", [image, weights, bias]))
    return graph.to_bytes()


def test_the_documents_show_runefiles() -> None:
    assert len(runefiles("README.md")) == 1
    assert len(runefiles("docs/runefile.md")) == 3


def test_the_runefile_of_the_readme_is_that_of_microspeech(tmp_path) -> None:
    (text,) = runefiles("README.md")
    own = ROOT / "runes" / "microspeech"
    model = (own / "microspeech.tflite").read_bytes()
    write(tmp_path, {"Runefile": text, "microspeech.tflite": model})
    found, wanted = build(tmp_path).manifest, build(own).manifest
    assert [tensor["type"] for tensor in found["tensors"]] == [
        tensor["type"] for tensor in wanted["tensors"]
    ]
    assert found["blocks"][-1]["args"] == wanted["blocks"][-1]["args"]


@pytest.mark.parametrize("index", range(3))
def test_the_runefiles_of_the_docs_build(tmp_path, index: int) -> None:
    text = runefiles("docs/runefile.md")[index]
    files = {
        "Runefile": text,
        "words.tflite": dense_model((1, 1960), 6, "i8"),
        "model.tflite": dense_model((1, 1960), 6, "i8"),
        "person.tflite": image_model(),
        "labels.txt": LABELS,
    }
    write(tmp_path, files)
    rune = build(tmp_path)
    assert rune.warnings == ()
    assert rune.manifest["outputs"][0]["kind"] == "SERIAL"
    assert convert_runefile(str(tmp_path)).startswith("version: 1\n")
