"""Outputs: what becomes of results that cannot be handed on."""

from pathlib import Path

import pytest

from runicd.runefile.build import build
from tests.device.runes import stock
from tests.device.sim_board import Client, SimBoard
from tests.device.test_versions import cast
from tests.signing import signed


def large_results(folder: Path, numbers: int) -> bytes:
    path = folder / "Runefile"
    path.write_text(f"FROM runicos/base\nCAPABILITY RAND r --n {numbers}\nRUN r\nOUT serial\n")
    return signed(build(path, name="large", unsigned=True).data)


def said(client: Client) -> list[str]:
    return [record[4] for record in client.request("logs", name="large")["records"]]


# Of the first the heap has room for a copy and not for the message; of the second for neither.
@pytest.mark.parametrize("numbers", [3500, 5000])
def test_a_result_that_there_is_no_memory_to_send_is_dropped_and_nobody_waits_for_it(
    tmp_path: Path, numbers: int
) -> None:
    with SimBoard(tmp_path / "flash", heap="256k") as board, board.tcp() as client:
        cast(client, "sine", stock("sine"))
        cast(client, "large", large_results(tmp_path, numbers))
        client.request("subscribe", topics=["out"])
        assert client.request("call", timeout_s=5, name="large", count=2) == {"calls": 2}
        assert client.request("call", timeout_s=5, name="sine", count=2) == {"calls": 2}
        assert [event[1][0] for event in client.wait_events(2)] == ["sine", "sine"]
        assert client.request("stats", name="large")["dropped"] == 2
        assert sum("no memory to send a result" in text for text in said(client)) == 1
