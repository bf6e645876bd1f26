"""What the modules' pages show at the REPL is what the board prints."""

from pathlib import Path

import pytest

from tests import docs_sessions
from tests.docs_sessions import faults_of


@pytest.mark.parametrize("page", ["docs/nn.md", "docs/dsp.md"])
def test_a_page_shows_what_happens(page: str) -> None:
    assert faults_of(page) == []


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
