"""What the board's tests share: a client that leaves the board empty."""

from collections.abc import Iterator

import pytest

from tests.device.sim_board import Client, SimBoard


@pytest.fixture
def client(board: SimBoard) -> Iterator[Client]:
    """Connect over TCP to the module's board; remove its Runes afterwards."""
    with board.tcp() as client:
        yield client
        for row in client.request("ps"):
            client.request("rm", name=row["name"])
    assert board.alive()
