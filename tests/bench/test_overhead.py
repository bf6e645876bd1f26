"""The simulated board's overhead is counted in instructions where valgrind is installed."""

import shutil

import pytest

from bench import overhead
from runicd import build
from tests.board import firmware_path


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="no valgrind here")
@pytest.mark.timeout(300)
def test_instructions_tell_the_overhead_of_a_container(tmp_path, monkeypatch):
    monkeypatch.setattr(overhead, "FIRMWARE", firmware_path())
    rune = tmp_path / "sine.rune"
    rune.write_bytes(build(overhead.ROOT / "runes" / "sine" / "Runefile").data)
    assert 0.5 < overhead.counted_percent(rune, "sine") < overhead.LIMITS_PERCENT["sine"]
    none, some = (overhead.instructions(rune, "sine", "rune", count) for count in (1, 101))
    assert 50_000 < some - none < 1_000_000
