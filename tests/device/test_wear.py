"""What casts write to flash, as the simulated board counts it."""

from pathlib import Path
from typing import Any

import pytest

from tests.device.runes import stock, with_manifest
from tests.device.sim_board import Client, SimBoard

SINE = stock("sine")


def flash(client: Client, name: str = "sine") -> dict[str, Any]:
    found = client.request("stats", name=name)["flash"]
    assert isinstance(found, dict)
    return found


def test_a_cast_writes_the_file_once(tmp_path: Path) -> None:
    with SimBoard(tmp_path) as board, board.tcp() as client:
        client.upload("sine", SINE)
        found = flash(client)
        assert (found["written"], found["board"]["flash_written"]) == (len(SINE), len(SINE))
        # What the file system of the host's machine erases for it, nobody knows.
        assert found["erased"] is None is found["board"]["flash_erased"]
        assert client.request("health")["wear"] == found["board"]


@pytest.mark.parametrize("cut_at", [1, 1020, len(SINE) - 1])
def test_what_was_there_is_not_written_again(tmp_path: Path, cut_at: int) -> None:
    with SimBoard(tmp_path) as board:
        with board.tcp() as client:
            client.upload("sine", SINE, stop_at=cut_at)
        with board.tcp() as client:
            client.upload("sine", SINE)
            assert flash(client)["board"]["flash_written"] == len(SINE)


def test_totals_are_of_all_casts_of_a_rune_since_the_start(tmp_path: Path) -> None:
    newer = with_manifest(SINE, release="9.0.0")
    with SimBoard(tmp_path) as board, board.tcp() as client:
        for data in (SINE, newer):
            client.upload("sine", data)
            client.request("start", name="sine", period_ms=0)
            client.request("call", name="sine", count=3)
        client.request("rollback", name="sine")
        assert flash(client)["written"] == len(SINE) + len(newer)
        client.request("rm", name="sine")
        client.upload("sine", newer)
        found = flash(client)
        assert found["written"] == len(newer)
        assert found["board"]["flash_written"] == len(SINE) + 2 * len(newer)
    with SimBoard(tmp_path) as board, board.tcp() as client:
        assert flash(client)["written"] == 0
