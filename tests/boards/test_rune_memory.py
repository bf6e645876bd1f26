"""The RAM that `runicd inspect` tells of a 32-bit board is what a Rune takes there."""

import pytest

import runicd
from runicd.inspect.boards import known_boards
from runicd.inspect.inspection import inspect_rune
from tests.board import ROOT
from tests.boards.conftest import USUAL, Emulate
from tests.flow.test_memory import OVERSTATED

SLACK_BYTES = 512


@pytest.mark.parametrize("name", ["sine", "digits"])
def test_a_rune_takes_what_inspect_says(name: str, emulate: Emulate) -> None:
    folder = ROOT / "runes" / name
    rune = runicd.build(folder)
    (judged,) = inspect_rune(rune.data, {USUAL: known_boards()[USUAL]}).boards
    image = min((ROOT / "runes" / "digits" / "samples").iterdir())
    board = emulate(USUAL, image=image, random=1)
    board.facts()  # the first loads code, and what that leaves behind may still be held
    idle = board.facts()["heap_free"]
    board.cast(rune, period_ms=0)
    board.call()
    growth = idle - board.facts()["heap_free"]
    assert judged.ok
    assert growth <= judged.ram_bytes <= OVERSTATED * growth + SLACK_BYTES
