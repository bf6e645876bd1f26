"""`new` lays down a project that builds, is formatted, and carries its name everywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from runicd.errors import InputError
from runicd.new import new_project
from runicd.new.project import TEMPLATE
from runicd.runefile.build import build
from runicd.runefile.read_rune import read_rune
from runicd.runefile.rewrite import format_runefile
from runicd.runefile.source import read_source


def test_a_new_project_builds_with_its_golden_vectors(tmp_path: Path) -> None:
    folder = tmp_path / "wobble"
    files = new_project(folder)
    assert all(path.is_file() for path in files)
    assert {path.relative_to(folder).as_posix() for path in files} == {
        "README.md",
        "Runefile",
        "golden.json",
        "make_model.py",
        "model.tflite",
        "samples/motion.csv",
        "tests/test_rune.py",
    }
    rune = read_rune(build(folder).data)
    assert rune.manifest is not None
    assert rune.manifest.name == "wobble"
    assert len(rune.golden) == 2
    assert rune.golden[0]["outputs"] == {"serial": [b"flat\0"]}


def test_the_name_is_everywhere(tmp_path: Path) -> None:
    for path in new_project(tmp_path / "my-rune"):
        if path.suffix != ".tflite":
            assert "tilt" not in path.read_text()
    assert "runicd run my-rune.rune" in (tmp_path / "my-rune/README.md").read_text()


def test_the_template_is_formatted() -> None:
    source = read_source(TEMPLATE / "Runefile")
    assert format_runefile(source) == source.text


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        new_project(tmp_path / "full")
    (tmp_path / "empty").mkdir()
    assert new_project(tmp_path / "empty")


@pytest.mark.parametrize("name", ["My Rune", "_x", "a" * 64, "ä"])
def test_a_bad_name_comes_with_a_better_one(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r'is no name for a Rune; "[a-z-]{1,63}" would be'):
        new_project(tmp_path / name)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        new_project(tmp_path / "file" / "rune")
