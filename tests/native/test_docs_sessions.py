"""What the modules' pages show at the REPL is what the board prints."""

from pathlib import Path

import pytest

from tests import docs_sessions
from tests.board import ROOT, run_ok
from tests.docs_sessions import faults_of

# Prints the modules of ours that are there beside nn.
OTHERS = """
def is_there(name):
    try:
        return __import__(name)
    except ImportError:
        return None
print([name for name in ("runicos", "rune", "dsp", "wasm3") if is_there(name)] or "none")
"""
STOCK_FIRMWARE = ROOT / "build" / "stock-nn" / "micropython"


@pytest.mark.parametrize("page", ["docs/nn.md", "docs/dsp.md"])
def test_a_page_shows_what_happens(page: str) -> None:
    assert faults_of(page) == []


def test_nn_in_micropython_as_it_comes() -> None:
    """Floats are double there, threads are on, and nothing of RunicOS is in it."""
    if not STOCK_FIRMWARE.is_file():
        pytest.skip("no stock MicroPython with nn; run `make check-compile`")
    assert faults_of("docs/nn.md", firmware=STOCK_FIRMWARE) == []
    assert run_ok(OTHERS, firmware=STOCK_FIRMWARE) == "none\n"


@pytest.mark.parametrize(
    ("shown", "got"),
    [
        (">>> 1 + 1\n3\n", "2\n"),
        (">>> 1 + 1\n", "2\n"),
        (">>> pass\n2\n", ""),
        (">>> 1 / 0\n2\n", "ZeroDivisionError: divide by zero\n"),
        (">>> int('x')\nTraceback (most recent call last):\nTypeError: no\n", "ValueError: "),
    ],
)
def test_a_page_that_is_wrong_is_found(
    shown: str, got: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "page.md").write_text(f">>> 'right'\n'right'\n{shown}")
    monkeypatch.setattr(docs_sessions, "ROOT", tmp_path)
    (fault,) = faults_of("page.md")
    assert fault.line == 3
    assert fault.got.startswith(got)
