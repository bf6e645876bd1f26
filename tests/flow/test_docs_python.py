"""The Python that the README shows runs as it stands there."""

import re
from collections.abc import Callable

import pytest

import runicd
from tests.board import ROOT, run_ok


def examples() -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def test_the_readmes_test_of_a_rune_passes(
    simulator: Callable[..., runicd.Simulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    (example,) = (text for text in examples() if "simulator" in text)
    scope: dict[str, Callable[..., None]] = {}
    exec(example, scope)
    scope["test_says_up"](simulator)


def test_the_readmes_model_runs_at_the_repl() -> None:
    (example,) = (text for text in examples() if "import nn" in text)
    model = ROOT / "runes" / "digits" / "digits.tflite"
    script = f"image = bytes(64)\n{example.replace('digits.tflite', str(model))}"
    assert run_ok(script + "print(len(model.output(0)))").strip() == "10"
