"""`train.py --check` prints of the committed models what the Runes' READMEs claim."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.shape.repository import ROOT

pytest.importorskip("torch", reason="needs the [train] extra")
pytest.importorskip("sklearn", reason="needs the [train] extra")

FOLDERS = os.pathsep.join([str(ROOT / "host"), str(ROOT / "device")])


def check(rune: str) -> str:
    script = ROOT / "runes" / rune / "train.py"
    environment = os.environ | {"PYTHONPATH": FOLDERS, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, str(script), "--check"],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    return done.stdout


@pytest.mark.parametrize(("rune", "figures"), [("sine", 4), ("digits", 1), ("gesture", 6)])
def test_the_readme_tells_what_the_check_finds(rune: str, figures: int) -> None:
    readme = (ROOT / "runes" / rune / "README.md").read_text("utf-8").replace(" %", "%")
    found = re.findall(r"\d+\.\d+%?", check(rune))
    assert len(found) == figures
    assert [figure for figure in found if figure not in readme] == []


def test_the_check_changes_nothing() -> None:
    files = [path for path in (ROOT / "runes" / "sine").rglob("*") if path.suffix != ".pyc"]
    before = {path: path.read_bytes() for path in files if path.is_file()}
    check("sine")
    assert {path: path.read_bytes() for path in before} == before
