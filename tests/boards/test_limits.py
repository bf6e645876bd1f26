"""What does not fit an emulated board is refused before it is sent; what fits is never in RAM."""

from pathlib import Path

import pytest

import runicd
from runicd import LiveBoard, Simulator
from runicd.cast.cast import Quiet, cast
from runicd.client import Client
from runicd.errors import RefusedError
from runicd.sim import boards
from runicd.targets import of_simulated
from runicd.types import Rune
from tests.boards.conftest import Emulate
from tests.flow.runes import SINE, large_sine, padded

SMALLEST = "mps2_an385"
# What an upload may take of the heap: a window's frames, tables, and code that is loaded for it.
UPLOAD_BYTES = 24_000


class Sent(Quiet):
    """Notes how many bytes were sent."""

    bytes = -1

    def uploading(self, done_bytes: int, total_bytes: int) -> None:
        self.bytes = done_bytes


def hungry(folder: Path, name: str, count: int) -> Rune:
    """Return a Rune that needs some 25 bytes of RAM for each of `count` numbers."""
    path = folder / "Runefile"
    path.write_text(f"FROM runicos/base\nCAPABILITY RAND r --n {count}\nRUN r\nOUT serial\n")
    return runicd.build(path, name=name)


def refusal(board: LiveBoard, rune: Rune) -> tuple[str, int, int]:
    """Return why a board refuses: the reason, and the bytes needed and there."""
    sent = Sent()
    with pytest.raises(RefusedError) as caught:
        board.cast(rune, reporter=sent)
    assert sent.bytes == -1, "not a byte is sent of what is refused"
    (reason,) = caught.value.reasons
    short, needed, there = (int(word) for word in reason.split() if word.isdigit())
    assert short == needed - there > 0
    return reason, needed, there


def test_a_rune_too_big_for_the_flash_is_refused_by_its_bytes(emulate: Emulate) -> None:
    board = emulate(SMALLEST)
    free = board.facts()["flash_free"]
    reason, needed, there = refusal(board, padded(runicd.build(SINE), free + 1000))
    assert "of flash" in reason
    assert (needed, there) == (free + 1000, free)
    assert board.ps() == []


def test_a_rune_too_big_for_the_ram_is_refused_by_its_bytes(
    emulate: Emulate, tmp_path: Path
) -> None:
    reason, needed, there = refusal(emulate(SMALLEST), hungry(tmp_path, "hungry", 60_000))
    assert "of RAM" in reason
    assert needed > 240_000 > there


def test_other_runes_leave_no_heap_and_run_on(emulate: Emulate, tmp_path: Path) -> None:
    board = emulate(SMALLEST)
    names = fill(board, tmp_path)
    assert len(names) >= 2
    assert states(board) == dict.fromkeys(names, "running")
    board.remove(names[0])
    board.cast(hungry(tmp_path, names[0], 3000), period_ms=100)
    board.restart()
    assert states(board) == dict.fromkeys(names, "running")


def fill(board: LiveBoard, folder: Path) -> list[str]:
    """Cast Runes until the next is refused for want of RAM; return their names."""
    names: list[str] = []
    while True:
        name = f"hungry-{len(names)}"
        try:
            board.cast(hungry(folder, name, 3000), period_ms=100)
        except RefusedError as refused:
            assert "bytes of RAM" in refused.reasons[0]
            return names
        names.append(name)


def states(board: LiveBoard) -> dict[str, str]:
    return {row["name"]: row["state"] for row in board.ps()}


def test_a_rune_larger_than_the_heap_is_never_in_it(emulate: Emulate) -> None:
    """What is live on the heap is asked for all the while that the Rune is received."""
    with opened(emulate(SMALLEST)) as client:
        rune = large_sine()
        watch = Watch(client)
        before = client.request("facts")
        assert len(rune.data) > before["heap_bytes"]
        cast(rune, client, watch, period_ms=0)
        assert len(watch.free_bytes) >= 8
        assert min(watch.free_bytes) > before["heap_free"] - UPLOAD_BYTES


def opened(board: Simulator) -> Client:
    """Return a conversation of the test's own with a board."""
    board._client.close()
    return Client(of_simulated(boards.find(board.id)).connect)


class Watch(Quiet):
    """Asks a board for its free heap, each time that another 30 KB are there."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._next_bytes = 1
        self.free_bytes: list[int] = []

    def uploading(self, done_bytes: int, total_bytes: int) -> None:
        if done_bytes >= self._next_bytes:
            self._next_bytes = done_bytes + 30_000
            self.free_bytes.append(self._client.request("facts")["heap_free"])
