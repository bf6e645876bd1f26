"""ROMFS and the Runes' partition: models are used where they lie."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.board import ROOT
from tests.boards.emulated import EmulatedBoard

_MODEL = ROOT / "runes" / "microspeech" / "microspeech.tflite"
# What nn.Model takes besides the arena: its tables of tensors, nodes and channels' multipliers.
_TABLES_BYTES = 5120


@pytest.fixture
def deployed(board: EmulatedBoard, tmp_path: Path) -> EmulatedBoard:
    """Return the board with a model in its ROMFS, put there by mpremote."""
    folder = tmp_path / "romfs"
    folder.mkdir()
    (folder / "model.tflite").write_bytes(_MODEL.read_bytes())
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "mpremote", "connect", board.board.pty),
            *("romfs", "--partition", "0", "deploy", str(folder)),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    board.run_to_its_end("import machine\nmachine.reset()")
    board.client().close()
    return board


def test_a_model_in_romfs_takes_ram_for_its_arena_only(deployed: EmulatedBoard) -> None:
    printed = deployed.run(
        "import gc, nn\n"
        "weights = memoryview(open('/rom/model.tflite', 'rb'))\n"
        "arena_bytes = nn.arena_size(weights)\n"
        "gc.collect()\n"
        "before = gc.mem_alloc()\n"
        "model = nn.Model(weights)\n"
        "gc.collect()\n"
        "print(len(weights), arena_bytes, gc.mem_alloc() - before)\n"
        "model.invoke()\n"
    )
    weights, arena_bytes, grown_bytes = map(int, printed.split())
    assert weights == _MODEL.stat().st_size
    assert arena_bytes <= grown_bytes <= arena_bytes + _TABLES_BYTES
    assert grown_bytes < weights


def test_weights_are_copied_where_one_asks_for_it(deployed: EmulatedBoard, kind: str) -> None:
    printed = deployed.run(
        "import gc, nn\n"
        "weights = memoryview(open('/rom/model.tflite', 'rb'))\n"
        "outputs, taken = [], []\n"
        "for pack in (False, True):\n"
        "    gc.collect()\n"
        "    before = gc.mem_alloc()\n"
        "    model = nn.Model(weights, pack=pack)\n"
        "    gc.collect()\n"
        "    taken.append(gc.mem_alloc() - before)\n"
        "    data = model.input(0)\n"
        "    for i in range(len(data)):\n"
        "        data[i] = (37 * i) % 251 - 125\n"
        "    model.invoke()\n"
        "    outputs.append(bytes(model.output(0)))\n"
        "    packed_bytes = model.packed_bytes\n"
        "    model.close()\n"
        "print(int(outputs[0] == outputs[1]), packed_bytes, taken[1] - taken[0])\n"
    )
    are_equal, packed_bytes, more_bytes = map(int, printed.split())
    assert are_equal
    assert packed_bytes <= more_bytes + 256
    assert more_bytes <= packed_bytes + 256
    # A core that multiplies no pairs gains nothing, nor does one with Helium.
    assert (packed_bytes > 0) == (kind in {"mps2_an386", "mps2_an500"})


def test_what_romfs_holds_outlives_a_power_cut(deployed: EmulatedBoard) -> None:
    deployed.cut_power()
    printed = deployed.run(
        "import hashlib\n"
        "print(hashlib.sha256(open('/rom/model.tflite', 'rb').read()).digest().hex())"
    )
    assert printed.strip() == hashlib.sha256(_MODEL.read_bytes()).hexdigest()
