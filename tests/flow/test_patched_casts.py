"""Casts of what changed little are sent as patches, where the old file is here too."""

import hashlib
import json
import os
import shutil
import signal
from pathlib import Path

import pytest

import runicd
from runicd.cast import kept
from runicd.cast.cast import Quiet
from runicd.cast.patches import PIECE_BYTES
from runicd.errors import LinkError
from runicd.sim import boards
from tests.conftest import Command
from tests.flow.runes import SINE
from tests.flow.test_delta_casts import built, network
from tests.flow.test_memory import LARGE_HEAP_BYTES


@pytest.fixture
def state(state_folder: Path) -> Path:
    return state_folder


def test_a_changed_network_is_sent_in_the_smallest_way(tmp_path: Path, state: Path) -> None:
    """Bytes sent of 270 KB: 512 for a block more, where chunks are 1,969; a last layer 10,326."""
    old, layer = built(tmp_path, network(1, 1)), built(tmp_path, network(1, 2))
    block = built(tmp_path, network(1, 1), block=True)
    sent: dict[str, list[int]] = {}
    with runicd.Simulator(heap_bytes=LARGE_HEAP_BYTES) as board:
        for new in (block, layer):
            for way in ("patches", "chunks"):
                board.cast(old, period_ms=0)
                if way == "chunks":
                    shutil.rmtree(state / "casts")
                done = board.cast(new, period_ms=0)
                assert done.way == way
                sent.setdefault(way, []).append(done.sent_bytes)
                assert board.call("net")
    print(f"\nof {len(old.data)} bytes sent: {sent}")
    assert sent["patches"][0] < sent["chunks"][0] // 3
    assert sent["patches"][1] < sent["chunks"][1]


class Cut(Quiet):
    """Cuts a board's power as soon as so many bytes are there."""

    def __init__(self, board: runicd.Simulator, at_bytes: int) -> None:
        self._pid, self._at_bytes = boards.find(board.id).pid, at_bytes

    def uploading(self, done_bytes: int, total_bytes: int) -> None:
        if self._at_bytes <= done_bytes < total_bytes:
            os.kill(self._pid, signal.SIGKILL)


def test_power_that_is_cut_among_patches_costs_no_more_than_they_make(
    tmp_path: Path, state: Path
) -> None:
    old, new = built(tmp_path, network(1, 1)), built(tmp_path, network(1, 1), block=True)
    with runicd.Simulator(heap_bytes=LARGE_HEAP_BYTES) as board:
        board.cast(old, period_ms=0)
        with pytest.raises(LinkError):
            board.cast(new, period_ms=0, reporter=Cut(board, 1000))
        board.restart()
        (row,) = board.ps()
        assert (row["sha256"], row["state"]) == (hashlib.sha256(old.data).hexdigest(), "waiting")
        done = board.cast(new, period_ms=0)
        assert done.sent_bytes <= PIECE_BYTES
        assert board.call("net")


def test_the_command_says_how_it_sent(command: Command, tmp_path: Path, state: Path) -> None:
    assert command("sim", "up").code == 0
    first, second = tmp_path / "first.rune", tmp_path / "second.rune"
    for path, release in ((first, "1.0.0"), (second, "2.0.0")):
        path.write_bytes(runicd.build(SINE, release=release).data)
    told = []
    for path, options in ((first, ()), (second, ()), (first, ("--whole",))):
        done = command("cast", path, "--json", "--period", "0", *options)
        assert done.code == 0, done.err
        told.append(json.loads(done.out))
    assert [one["way"] for one in told] == ["whole", "patches", "whole"]
    assert told[1]["sent_bytes"] < 250 < told[0]["sent_bytes"] == told[2]["sent_bytes"]
    assert " bytes sent as patches, the board had the others)" in command("cast", second).out


def test_the_old_file_may_be_given(command: Command, tmp_path: Path, state: Path) -> None:
    assert command("sim", "up").code == 0
    first, second = tmp_path / "first.rune", tmp_path / "second.rune"
    for path, release in ((first, "1.0.0"), (second, "2.0.0")):
        path.write_bytes(runicd.build(SINE, release=release).data)
    assert command("cast", first, "--period", "0").code == 0
    shutil.rmtree(state / "casts")
    wrong = command("cast", second, "--from", second)
    assert wrong.code != 0
    assert "no Rune on the board is the file of --from" in wrong.err
    done = command("cast", second, "--from", first, "--json", "--period", "0")
    assert json.loads(done.out)["way"] == "patches", done.err
    assert command("cast", first, "--from", tmp_path / "none.rune").code != 0
    assert command("cast", first, "--from", second, "--whole").code == 2


def test_files_that_were_cast_are_kept_by_their_hash_and_few(state: Path) -> None:
    files = [bytes([number]) * 1000 for number in range(40)]
    for data in files:
        kept.keep(data)
    folder = state / "casts"
    assert len(list(folder.iterdir())) == 16
    newest = hashlib.sha256(files[-1]).digest()
    assert kept.find(newest) == files[-1]
    assert kept.find(hashlib.sha256(files[0]).digest()) is None
    (folder / f"{newest.hex()}.rune").write_bytes(b"damaged")
    assert kept.find(newest) is None
