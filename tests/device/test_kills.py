"""kill -9 of a simulated board at random moments of casts: RUNICD_KILLS of them (200)."""

import contextlib
import os
import random
import threading
import time
from hashlib import sha256
from pathlib import Path

import pytest

from tests.device import runes
from tests.device.sim_board import Client, SimBoard
from tests.device.test_store import content

SINE = runes.stock("sine")
PARTS = 4
KILLS = -(-int(os.environ.get("RUNICD_KILLS", "200")) // PARTS)


def cast(client: Client, data: bytes) -> None:
    client.upload("sine", data)
    client.request("start", name="sine", period_ms=0)


def timed_cast(client: Client, data: bytes) -> float:
    before = time.monotonic()
    cast(client, data)
    return time.monotonic() - before


@pytest.mark.parametrize("part", range(PARTS))
def test_kills_at_random_moments_lose_nothing(tmp_path: Path, part: int) -> None:
    """After each kill the board has the old version or the new one, whole, and starts."""
    versions = [runes.with_manifest(SINE, release=f"{part}.{n}.0") for n in range(KILLS + 1)]
    known = {sha256(data).digest() for data in versions}
    chance = random.Random(part)
    with SimBoard(tmp_path) as board, board.tcp() as client:
        cast_s = min(timed_cast(client, versions[0]) for _ in range(3))
    landed = set()
    for data in versions[1:]:
        with SimBoard(tmp_path) as board:
            killer = threading.Timer(chance.uniform(0.0, 1.2 * cast_s), board.process.kill)
            with board.tcp() as client:
                killer.start()
                with contextlib.suppress(OSError, EOFError):  # the board dies somewhere here
                    cast(client, data)
            killer.join()
        assert len(list((tmp_path / "runes").iterdir())) <= 7
        digest = sha256(content(tmp_path, "sine")).digest()
        assert digest in known
        landed.add(digest)
    print(f"{KILLS} kills, {len(landed)} of {len(versions)} versions became the Rune")
    assert len(landed) > 1
    with SimBoard(tmp_path) as board, board.tcp() as client:
        client.request("start", name="sine", period_ms=0)
        client.request("call", name="sine")
