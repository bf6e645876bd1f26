"""Every broken Runefile beside this file is refused with exactly what its `# expect:` lines say.

A line holds `line:column: message`, or a note of the fault before it; a message may be cut short.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runicd.errors import RunefileError
from runicd.runefile.build import build
from tests.host.runefile_samples import dense_model

FOLDER = Path(__file__).parent / "runefiles"
FILES = sorted(path.name for path in FOLDER.iterdir() if path.name != "built_rune")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with all the broken files and one sound model."""
    for path in FOLDER.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "dense.tflite").write_bytes(dense_model())
    return tmp_path


def _expected(path: Path) -> list[str]:
    text = path.read_bytes().decode("utf-8", "replace")
    return re.findall(r"^# expect: (.*)$", text, re.MULTILINE)


@pytest.mark.parametrize("name", FILES)
def test_a_broken_runefile_is_refused_with_place_and_remedy(folder: Path, name: str) -> None:
    expected = _expected(folder / name)
    assert expected, "a broken file must say what it expects"
    with pytest.raises(RunefileError) as caught:
        build(folder / name)
    said = [line.replace(f"{folder / name}:", "").strip() for line in caught.value.lines()]
    said = [line.removeprefix("- ").strip() for line in said]
    missing = [line for line in expected if not any(one.startswith(line) for one in said)]
    extra = [one for one in said if not any(one.startswith(line) for line in expected)]
    assert (missing, extra) == ([], [])


def test_a_built_rune_is_no_runefile(folder: Path) -> None:
    with pytest.raises(RunefileError, match="is a built Rune, not a Runefile"):
        build(folder / "built_rune")


def test_there_are_enough_of_them() -> None:
    assert len(FILES) > 50
