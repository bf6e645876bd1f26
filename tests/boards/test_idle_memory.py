"""What RunicOS takes of a small heap while there is no Rune, as a host is told it."""

import tomllib

from runicd import Simulator
from tests.board import ROOT
from tests.boards.conftest import Emulate
from tests.flow.runes import SINE
from tests.flow.test_repl import mpremote

# The promise, whatever a board.toml says.
IDLE_MAX_BYTES = 24 * 1024
# What a few requests leave behind: names, the tables that they are in.
LEFT_BYTES = 512
GONE = ("receive", "extent_upload", "extent_gathering", "sections", "check", "golden")
LOADED = """
import sys
print(*[name[8:] for name in sys.modules if name.startswith("runicos.")])
"""


def used_bytes(board: Simulator) -> int:
    facts = board.facts()
    return int(facts["heap_bytes"]) - int(facts["heap_free"])


def test_an_idle_board_keeps_its_promise(emulate: Emulate, kind: str) -> None:
    stated = tomllib.loads((ROOT / "boards" / kind / "board.toml").read_text())
    assert stated["budgets"]["runicos_idle_bytes"] <= IDLE_MAX_BYTES
    board = emulate(kind)
    fresh = used_bytes(board)
    assert max(fresh, used_bytes(board)) < stated["budgets"]["runicos_idle_bytes"]
    for _ in range(2):
        board.cast(SINE, period_ms=0)
        board.call()
        board.remove("sine")
    assert used_bytes(board) - fresh < LEFT_BYTES


def test_what_took_in_and_checked_a_rune_is_gone_while_it_runs(
    emulate: Emulate, kind: str
) -> None:
    board = emulate(kind)
    board.cast(SINE, period_ms=0)
    board.call()
    with board.free_port() as port:
        loaded = mpremote(port, "exec", LOADED).split()
    assert "container" in loaded
    assert not set(GONE) & set(loaded)
    board.remove("sine")
    board.facts()
    with board.free_port() as port:
        assert "container" not in mpremote(port, "exec", LOADED).split()
