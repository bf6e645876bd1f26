"""`train.py` without what training needs says what to install."""

import subprocess
import sys

import pytest

from tests.board import ROOT
from tests.conftest import command_environment

SCRIPTS = sorted(ROOT.glob("runes/*/train.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=[path.parent.name for path in SCRIPTS])
def test_training_without_torch_says_what_to_install(script: object) -> None:
    program = (
        "import runpy, sys; sys.modules['torch'] = None; "
        f"sys.argv = ['train.py', '--check']; runpy.run_path({str(script)!r}, run_name='__main__')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=command_environment(),
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr == "train.py: torch is not installed; run `make setup-train`\n"
