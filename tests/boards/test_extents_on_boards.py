"""The store on emulated boards: weights used in place, and power cut while a Rune is cast."""

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

import runicd
from runicd.errors import SimulatorError
from runicd.model.write_tflite import Graph
from runicd.sim import boards, firmware
from runicd.sim.boards import Options
from runicd.sim.record import SimulatedBoard
from runicos.contract import errors
from tests.device import runes
from tests.device.sim_board import BoardError, Client, SerialLine
from tests.device.test_store import upload_windowed
from tests.signing import PUBLIC

Start = Callable[[str], SimulatedBoard]

RUNEFILE = """FROM runicos/base
CAPABILITY RAND random --n 256
PROC_BLOCK runicos/image-normalization fraction
MODEL ./large.tflite large --input [1,256] --output [1,258]
RUN random fraction large
OUT serial
"""
# Where the model's bytes lie, counted from the beginning of the partition.
PLACE = b"""
import runicos, uctypes, vfs
model = runicos.system.runes.ready("large").slot.models[0]
print("at", uctypes.addressof(model) - uctypes.addressof(vfs.rom_ioctl(2, 1)), "of", len(model))
"""


@pytest.fixture
def start(state_folder: Path) -> Start:
    """Return a function that starts a board of a kind."""

    def start_board(kind: str) -> SimulatedBoard:
        try:
            found = firmware.find(kind)
        except SimulatorError as error:
            pytest.skip(str(error))
        return boards.start(found, Options())

    return start_board


class Line(SerialLine):
    """The board's pty; reading ends when the board has no power, which a pty does not tell."""

    def __init__(self, board: SimulatedBoard) -> None:
        super().__init__(board.pty)
        self._board = board

    def read(self, timeout_s: float) -> bytes:
        data = super().read(timeout_s)
        if not data and not self._board.process.runs:
            raise EOFError("the board has no power")
        return data


def connected(board: SimulatedBoard) -> Client:
    client = Client(Line(board))
    if not client.request("keys"):
        client.request("trust", name="tests", public=PUBLIC)
    return client


def large_rune(folder: Path) -> bytes:
    """Return a Rune whose weights alone are larger than the board's heap."""
    (folder / "large").mkdir()
    graph = Graph("large")
    x = graph.input("x", "f32", (1, 256))
    weights = np.random.default_rng(3).normal(size=(258, 256)).astype("f4")
    graph.output(graph.op("FULLY_CONNECTED", [x, graph.constant("w", weights)]))
    (folder / "large" / "large.tflite").write_bytes(graph.to_bytes())
    (folder / "large" / "Runefile").write_text(RUNEFILE)
    return runicd.build(folder / "large").data


def place_of_the_model(client: Client) -> tuple[int, int]:
    """Return (offset in the partition, size) of the model, as the board's REPL tells them."""
    client.line.write(b"\x05" + PLACE + b"\x04")
    client.read_text(b"\r\nat ")
    words = client.read_text(b"\r\n").split()
    return int(words[0]), int(words[2])


def test_weights_larger_than_the_heap_are_used_in_place(start: Start, tmp_path: Path) -> None:
    data = large_rune(tmp_path)
    with connected(start("mps2_an385")) as client:
        before = client.request("facts")
        assert len(data) > before["heap_bytes"]
        upload_windowed(client, "large", data, timeout_s=60)
        client.request("start", name="large", period_ms=0)
        client.request("call", name="large")
        after = client.request("facts")
        print(f"heap taken by a Rune of {len(data)}: {before['heap_free'] - after['heap_free']}")
        assert after["heap_free"] > before["heap_free"] - 40_000
        assert after["flash_free"] == before["flash_free"] - -(-len(data) // 4096) * 4096
        place, size = place_of_the_model(client)
        assert place % 16 == 0
        assert data.index(b"TFL3") - 4 == place
        assert size > 258 * 256 * 4


def test_power_cut_at_random_moments_loses_nothing(start: Start, kind: str) -> None:
    """After each cut the board has the old version or the new one, whole, and starts it."""
    cuts = int(os.environ.get("RUNICD_KILLS", "6"))
    good = runes.stock("sine")
    versions = [runes.with_manifest(good, release=f"0.{number}.0") for number in range(cuts + 1)]
    chance = random.Random(1)
    board = start(kind)
    with connected(board) as client:
        began = time.monotonic()
        cast(client, versions[0])
        cast_s = time.monotonic() - began
    there = sha256(versions[0]).digest()
    for number, data in enumerate(versions[1:]):
        # Spread over the time that a cast takes, and a little beyond.
        delay_s = 1.5 * cast_s * (number + chance.random()) / cuts
        killer = threading.Timer(delay_s, os.kill, (board.pid, signal.SIGKILL))
        with connected(board) as client, contextlib.suppress(OSError, EOFError):
            killer.start()
            cast(client, data)
        killer.join()
        board = boards.restart(board)
        with connected(board) as client:
            (row,) = client.request("ps")
        assert row["sha256"] in (there, sha256(data).digest())
        # Cut during its first start, it counts as one that the board did not survive.
        assert row["last_error"] in (None, [errors.NOT_SURVIVED, ["sine", "sine", "sine"]])
        there = row["sha256"]
    with connected(board) as client:
        cast(client, good)
        client.request("call", name="sine")


def cast(client: Client, data: bytes) -> None:
    client.upload("sine", data)
    client.request("start", name="sine", period_ms=0)


def test_what_runes_held_is_free_when_they_are_gone(start: Start) -> None:
    good = runes.stock("sine")
    with connected(start("mps2_an385")) as client:
        total = client.request("facts")["flash_bytes"]
        client.upload("sine", good)
        client.request("start", name="sine", period_ms=50)
        client.upload("sine", runes.with_manifest(good, release="0.2.0"))
        client.request("start", name="sine", period_ms=50)
        client.upload("sine_int8", runes.stock("sine_int8"))
        assert client.error("start", name="sine_int8")[0] == errors.REFUSED
        for bad in (b"no Rune at all", runes.with_manifest(good, name="other")):
            with pytest.raises(BoardError):
                client.upload("bad", bad)
        client.upload("part", good, stop_at=2040)
        blocks = sum(-(-len(runes.stock(name)) // 4096) for name in ("sine", "sine_int8"))
        assert client.request("facts")["flash_free"] <= total - 4096 * blocks
        for name in ("sine", "sine_int8"):
            client.request("rm", name=name)
        assert client.request("facts")["flash_free"] == total


def test_bodies_that_somebody_else_wrote_to_fail_their_rune_alone(start: Start) -> None:
    board = start("mps2_an385")
    with connected(board) as client:
        client.upload("sine", runes.stock("sine"))
        client.upload("other", runes.with_manifest(runes.stock("sine"), name="other"))
    flash = board.folder / "flash.bin"
    os.kill(board.pid, signal.SIGKILL)
    content = bytearray(flash.read_bytes())
    at = content.index(runes.stock("sine")[:4096])
    # In the WebAssembly itself, which no hash of the manifest covers.
    content[at + 20] ^= 1
    flash.write_bytes(content)
    with connected(boards.restart(board)) as client:
        rows = {row["name"]: row for row in client.request("ps")}
        assert rows["sine"]["state"] == "failed"
        with pytest.raises(BoardError):
            client.request("start", name="sine", period_ms=0)
        client.request("start", name="other", period_ms=0)
        client.request("call", name="other")
