"""inspect, graph, fmt, convert and new as commands: output, files, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runicd.runefile.build import build
from tests.conftest import Command
from tests.host.runefile_samples import SINE_G0, dense_model, write


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder with a Runefile, and its Rune."""
    folder = tmp_path / "sine"
    write(folder, {"Runefile": SINE_G0, "sine.tflite": dense_model()})
    (tmp_path / "sine.rune").write_bytes(build(folder).data)
    return folder


def test_inspect(command: Command, project: Path) -> None:
    text = command("inspect", "sine.rune")
    assert (text.code, text.err) == (0, "")
    assert "take random numbers" in text.out
    value = json.loads(command("inspect", "sine.rune", "--json").out)
    assert value["name"] == "sine"
    assert value["sizes"]["runic.manifest"] > 100
    assert json.loads(command("inspect", project, "--json").out) == value


def test_graph(command: Command, project: Path) -> None:
    assert command("graph", "sine.rune").out.startswith("flowchart TD\n")
    for suffix, start in ((".svg", "<svg"), (".dot", "digraph"), (".mmd", "flowchart")):
        ended = command("graph", "sine.rune", "-o", f"g{suffix}")
        assert ended.code == 0
        assert (project.parent / f"g{suffix}").read_text().startswith(start)
    wrong = command("graph", "sine.rune", "-o", "g.bmp")
    assert wrong.code == 1
    assert wrong.err.startswith("runicd: g.bmp: is no kind of picture")


def test_fmt(command: Command, project: Path) -> None:
    before = (project / "Runefile").read_text()
    (project / "Runefile").write_text(before.replace("[1,1] --output", "[1, 1]   --output"))
    assert command("fmt", "--check", project).code == 1
    assert command("fmt", project).code == 0
    assert (project / "Runefile").read_text() == before
    assert command("fmt", "--check", project).code == 0


def test_convert(command: Command, project: Path) -> None:
    printed = command("convert", project)
    assert printed.code == 0
    assert printed.out.startswith("version: 1\n")
    assert command("convert", project, "-o", "sine/R.yml").code == 0
    data = build(project / "R.yml", name="sine").data
    assert data == (project.parent / "sine.rune").read_bytes()


def test_new(command: Command, tmp_path: Path) -> None:
    assert command("new", "fresh").code == 0
    assert command("build", "fresh").code == 0
    again = command("new", "fresh")
    assert (again.code, "is there already" in again.err) == (1, True)
    assert command("new", "Not Good").code == 1


@pytest.mark.parametrize("verb", ["inspect", "graph"])
def test_what_is_no_rune(command: Command, tmp_path: Path, verb: str) -> None:
    (tmp_path / "bad.rune").write_bytes(b"PK")
    for name, fault in (("bad.rune", "is no WebAssembly"), ("none.rune", "no such file")):
        ended = command(verb, name)
        assert ended.code == 1
        assert ended.err.startswith(f"runicd: {name}: ")
        assert fault in ended.err


def test_every_fault_of_a_runefile_is_shown(command: Command, project: Path) -> None:
    broken = SINE_G0.replace("RAND rand", "RANT rand").replace("./sine.tflite", "./sin.tflite")
    (project / "Runefile").write_text(broken)
    ended = command("build", project)
    assert ended.code == 1
    assert ':2:12: unknown capability "RANT"; did you mean "RAND"?' in ended.err
    assert ':4:7: there is no file "./sin.tflite"; did you mean "sine.tflite"?' in ended.err
