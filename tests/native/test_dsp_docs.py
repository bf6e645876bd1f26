"""The examples of docs/dsp.md do in the firmware what the page says."""

import re

from tests.board import ROOT, run_ok

PAGE = ROOT / "docs" / "dsp.md"


def test_examples_give_what_the_page_says() -> None:
    lines = "".join(re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)).splitlines()
    expected = [line for line in lines if not line.startswith(">>> ")]
    script = []
    for at, line in enumerate(lines):
        if line.startswith(">>> "):
            said = at + 1 < len(lines) and not lines[at + 1].startswith(">>> ")
            script.append(f"print({line[4:]})" if said else line[4:])
    assert len(script) > 8
    assert len(expected) > 0
    assert run_ok("\n".join(script), heap="1m").splitlines() == expected
