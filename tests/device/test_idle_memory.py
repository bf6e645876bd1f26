"""What RunicOS takes of the heap while there is no Rune, also after there were some."""

import tomllib
from pathlib import Path

from tests.board import ROOT
from tests.device.runes import stock
from tests.device.sim_board import SimBoard
from tests.device.test_mpremote import mpremote

USED = "import gc; gc.collect(); gc.collect(); print(gc.mem_alloc())"
# What a few requests leave behind: names, the log's last line.
LEFT_BYTES = 2048


def test_it_is_small_while_idle_and_small_again_after_a_rune(tmp_path: Path) -> None:
    toml = tomllib.loads((ROOT / "boards" / "unix" / "board.toml").read_text())
    with SimBoard(tmp_path) as board:
        fresh = int(mpremote(board, "exec", USED))
        print(f"runicos_heap_idle {fresh} bytes")
        with board.tcp() as client:
            client.upload("sine", stock("sine"))
            client.request("start", name="sine", period_ms=0)
            client.request("call", name="sine", count=3)
            client.request("rm", name="sine")
            client.request("facts")
        after = int(mpremote(board, "exec", USED))
    assert fresh < toml["budgets"]["runicos_idle_bytes"]
    assert after - fresh < LEFT_BYTES


def test_the_module_names_only_what_there_is_to_use(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board:
        with board.tcp() as client:
            client.upload("sine", stock("sine"))
            client.request("start", name="sine", period_ms=0)
        shown = mpremote(board, "exec", "import runicos; runicos.ps(); print(dir(runicos))")
    names = [name.strip("'") for name in shown.splitlines()[-1].strip("[]").split(", ")]
    public = {name for name in names if not name.startswith("_")}
    assert public == {"ps", "start", "stop", "call", "logs", "system"}
