"""Bodies in a partition: power cut at every operation, long random use, places and wear."""

import pytest

from tests.board import ROOT, run_ok

SOURCES = (ROOT / "tests" / "on_board",)


def run(script: str, *arguments: object, timeout_s: float = 120) -> list[str]:
    """Run one of tests/on_board's scripts in a heap that holds the flash; return its words."""
    text = (SOURCES[0] / script).read_text()
    words = [str(argument) for argument in arguments]
    return run_ok(text, *words, heap="16m", source_paths=SOURCES, timeout_s=timeout_s).split()


@pytest.mark.parametrize("write_bytes", [4, 256])
def test_power_cut_at_every_operation_leaves_each_rune_whole(write_bytes: int) -> None:
    cuts, resumed = map(int, run("power_cuts.py", write_bytes, 1))
    assert cuts > 200
    assert resumed > 50
