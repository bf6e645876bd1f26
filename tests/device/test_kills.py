"""kill -9 of a simulated board at random moments of casts: RUNICD_KILLS of them (200)."""

import contextlib
import os
import random
import threading
import time
from hashlib import sha256
from pathlib import Path

import pytest

from runicd.cast.shared import models_of
from runicd.runefile.build import build
from runicd.runefile.read_rune import read_rune
from tests.device import runes
from tests.device.sim_board import Client, SimBoard, TcpLine
from tests.device.test_store import content
from tests.signing import signed

SINE = runes.stock("sine")
SPOTTER = runes.RUNES / "microspeech"
SPOTTERS = {
    name: signed(build(SPOTTER, name=name, unsigned=True).data)
    for name in ("microspeech", "other")
}
# Of a cast without its model: it begins, 36 KB are sent, it is committed.
SHARED_FRAMES = 39
PARTS = 4
KILLS = -(-int(os.environ.get("RUNICD_KILLS", "200")) // PARTS)


class TimedLine(TcpLine):
    """Keeps when each frame was sent; `sent` is told each one's number, from 0."""

    def __init__(self, board: SimBoard) -> None:
        super().__init__(board.tcp_port)
        self.times_s: list[float] = []

    def write(self, data: bytes) -> None:
        super().write(data)
        self.times_s.append(time.monotonic())
        self.sent(len(self.times_s) - 1)

    def sent(self, number: int) -> None:
        """Nothing happens on a line that is only timed."""


class DeadlyLine(TimedLine):
    """Kills the board some time after a frame was sent."""

    def __init__(self, board: SimBoard, number: int, after_s: float) -> None:
        super().__init__(board)
        self._number = number
        self._killer = threading.Timer(after_s, board.process.kill)

    def sent(self, number: int) -> None:
        if number == self._number:
            self._killer.start()


def cast(line: TimedLine, data: bytes) -> bool:
    """Cast over a line; return whether the commit was answered before the board died."""
    with contextlib.suppress(OSError, EOFError), Client(line) as client:
        client.upload("sine", data)
        with contextlib.suppress(OSError, EOFError):
            client.request("start", name="sine", period_ms=0)
        return True
    return False


def frame_times(board: SimBoard, data: bytes) -> list[float]:
    """Return the seconds that each frame of a cast takes; the last two commit and start it."""
    line = TimedLine(board)
    assert cast(line, data)
    ends = [*line.times_s[1:], time.monotonic()]
    return [end - begun for begun, end in zip(line.times_s, ends, strict=True)]


@pytest.mark.parametrize("part", range(PARTS))
def test_kills_at_random_moments_lose_nothing(tmp_path: Path, part: int) -> None:
    """After each kill the board has the old version or, once it was to be committed, the new."""
    versions = [runes.with_manifest(SINE, release=f"{part}.{n}.0") for n in range(KILLS + 1)]
    chance = random.Random(part)
    with SimBoard(tmp_path) as board:
        times_s = frame_times(board, versions[0])
    frames = len(times_s)
    installed = sha256(versions[0]).digest()
    for data in versions[1:]:
        number = chance.choice([chance.randrange(frames), frames - 2, frames - 1])
        with SimBoard(tmp_path) as board:
            line = DeadlyLine(board, number, chance.uniform(0.0, 1.2 * times_s[number]))
            committed = cast(line, data)
        assert len(list((tmp_path / "runes").iterdir())) <= 7
        allowed = [] if committed else [installed]
        allowed += [sha256(data).digest()] if len(line.times_s) >= frames - 1 else []
        installed = sha256(content(tmp_path, "sine")).digest()
        assert installed in allowed
    with SimBoard(tmp_path) as board, board.tcp() as client:
        client.request("start", name="sine", period_ms=0)
        client.request("call", name="sine")


def cast_sharing(client: Client, name: str) -> None:
    """Cast a Rune, but for its model where the board has that already."""
    data = SPOTTERS[name]
    models = [[each.offset, each.length, each.digest] for each in models_of(read_rune(data))]
    file = {"name": name, "size": len(data), "sha256": sha256(data).digest(), "models": models}
    begun = client.request("begin", **file)
    at = int(begun["offset"])
    while at < len(data):
        at = client.send_chunk(begun["upload"], at, data[at : at + 1000])
    client.request("commit", upload=begun["upload"])


def assert_all_run(board: SimBoard, names: list[set[str]]) -> set[str]:
    """Check that the Runes are those of one of the sets, and run; return their names."""
    with board.tcp() as client:
        found = {row["name"] for row in client.request("ps")}
        assert found in names
        for name in found:
            assert client.request("start", name=name, period_ms=0)["self_test"] == "passed"
            client.request("call", name=name)
    return found


def test_kills_while_a_model_is_shared_lose_no_rune(tmp_path: Path) -> None:
    """Either brings the model, the other shares it, and either may go, whoever brought it."""
    sound = ("--sound", runes.sample("microspeech", "up_f3.wav"))
    chance = random.Random(1)
    with SimBoard(tmp_path, *sound, heap="512k") as board, board.tcp() as client:
        cast_sharing(client, "microspeech")
    there = {"microspeech"}
    for _ in range(KILLS):
        name = chance.choice(sorted(SPOTTERS))
        removes = name in there and len(there) > 1 and chance.random() < 0.5
        number = 0 if removes else chance.choice([chance.randrange(40), SHARED_FRAMES - 1])
        with SimBoard(tmp_path, *sound, heap="512k") as board:
            line = DeadlyLine(board, number, chance.uniform(0.0, 0.01))
            with contextlib.suppress(OSError, EOFError), Client(line) as client:
                if removes:
                    client.request("rm", name=name)
                else:
                    cast_sharing(client, name)
        after = there - {name} if removes else there | {name}
        with SimBoard(tmp_path, *sound, heap="512k") as board:
            there = assert_all_run(board, [there, after])
