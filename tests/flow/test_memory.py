"""The RAM that a Rune is said to need is what it takes: it is admitted exactly where it fits."""

from __future__ import annotations

import itertools
import shutil
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import runicd
from runicd import Simulator
from runicd.errors import RefusedError, SimulatorError
from runicd.inspect.boards import known_boards
from runicd.runefile.build import build
from runicd.sim import firmware
from runicd.simulate import chosen_board
from runicd.types import Rune
from runicos.contract import memory, rune_manifest
from runicos.contract.admission import SERVICE_BYTES
from tests.board import ROOT
from tests.host.runefile_samples import dense_model, write
from tests.host.test_runefile_custom import SOURCE, TEXT

Simulators = Callable[..., Simulator]

RUNES = sorted(path.parent.name for path in (ROOT / "runes").glob("*/Runefile"))
HEAD = "version: 1\nimage: runicos/base\npipeline:\n"
SENSOR = "  in: {{capability: RAW, outputs: [{{type: f32, dimensions: [1, {}]}}]}}\n"
# Every Rune fits this: much more than a board has on one that can be given that, else all it has.
LARGE_HEAP_BYTES = 1 << 20 if chosen_board() == "unix" else 0
BOARD_HEAP_BYTES = 256 << 10
# Blocks that stale words on an emulated board's stack may keep from one look to the next.
STALE_BYTES = 0 if chosen_board() == "unix" else 128
POINTER_BYTES = known_boards()[chosen_board()].facts["pointer_bytes"]
# What is said is a little more than what is taken; more so for Runes of many alike parts, whose
# names the firmware may have, and for custom blocks, whose code is bounded only.
OVERSTATED, MOST_OVERSTATED = 1.02, 1.15
# What an idle board's heap differs by from one start, and one link, to the next.
MARGIN_BYTES = 2048


def chain(blocks: int, width: int = 8, outputs: int = 1) -> str:
    """Return a Runefile of as many blocks in a row."""
    names = ["in", *(f"block{number}" for number in range(blocks))]
    rows = [
        f"  {name}: {{proc-block: normalize, inputs: [{before}]}}\n"
        for before, name in itertools.pairwise(names)
    ]
    rows += [
        f"  out{number}: {{out: serial, inputs: [{names[-1]}]}}\n" for number in range(outputs)
    ]
    return HEAD + SENSOR.format(width) + "".join(rows)


def sensors(count: int) -> str:
    """Return a Runefile of as many sensors, each with an output of its own."""
    return HEAD + "".join(
        f"  in{number}: {{capability: RAW, outputs: [{{type: f32, dimensions: [1, 8]}}], "
        f"args: {{source: 0}}}}\n  out{number}: {{out: serial, inputs: [in{number}]}}\n"
        for number in range(count)
    )


def models(count: int) -> str:
    """Return a Runefile of as many models in a row."""
    names = ["in", *(f"model{number}" for number in range(count))]
    rows = [
        f"  {name}: {{model: m.tflite, inputs: [{before}]}}\n"
        for before, name in itertools.pairwise(names)
    ]
    return (
        HEAD
        + SENSOR.format(4)
        + "".join(rows)
        + f"  out: {{out: serial, inputs: [{names[-1]}]}}\n"
    )


SYNTHETIC = {
    "nothing": chain(0),
    "many-stages": chain(40),
    "many-outputs": chain(1, outputs=30),
    "many-sensors": sensors(20),
    "many-models": models(30),
    "large-arena": chain(1, width=1000),
}
ROUNDS = 4 if chosen_board() == "unix" else 3
RECASTS = ["microspeech sine microspeech", "sine microspeech digits", "digits sine gesture"]


def rune_of(name: str, folder: Path) -> Rune:
    """Build a Rune of the repository, or a synthetic one."""
    if name in RUNES:
        return runicd.build(ROOT / "runes" / name)
    return build(
        write(folder, {"Runefile": SYNTHETIC[name], "m.tflite": dense_model((1, 4), 4)}), name=name
    )


def sources(folder: Path) -> dict[str, Any]:
    """Return every sensor that the Runes of the repository ask for."""
    raw = folder / "zeros.raw"
    raw.write_bytes(bytes(8192))
    return {
        "sound": samples("microspeech") if chosen_board() == "unix" else silence(folder),
        "image": samples("digits"),
        "accelerometer": samples("gesture"),
        "raw": raw,
        "random": 1,
    }


def samples(rune: str) -> Path:
    """Return a Rune's samples, or one where each must be sent over a serial line first."""
    folder = ROOT / "runes" / rune / "samples"
    return folder if chosen_board() == "unix" else min(folder.iterdir())


def silence(folder: Path) -> Path:
    """Return a tenth of a second's sound, which is soon sent."""
    with wave.open(str(folder / "silence.wav"), "wb") as sound:
        sound.setparams((1, 2, 16_000, 0, "NONE", ""))
        sound.writeframes(bytes(3200))
    return folder / "silence.wav"


def said_bytes(rune: Rune) -> int:
    assert rune.manifest is not None
    return memory.ram_bytes(rune_manifest.parse(dict(rune.manifest)), POINTER_BYTES)


@pytest.mark.parametrize("name", [*RUNES, *SYNTHETIC])
def test_a_rune_takes_what_it_is_said_to(name: str, simulator: Simulators, tmp_path: Path) -> None:
    rune = rune_of(name, tmp_path)
    board = simulator(**sources(tmp_path), heap_bytes=LARGE_HEAP_BYTES)
    board.facts()
    idle = board.facts()["heap_free"]
    board.cast(rune, period_ms=0)
    board.call()
    growth = idle - board.facts()["heap_free"]
    overstated = OVERSTATED if name in RUNES else MOST_OVERSTATED
    assert growth <= said_bytes(rune) <= overstated * growth + 512


def heap_for(free_bytes: int, simulator: Simulators, given: dict[str, Any]) -> int:
    """Return the heap on which an idle board has so much free, or a few hundred bytes less."""
    heap = min(free_bytes + 100_000, firmware.find(chosen_board()).heap_bytes)
    for _ in range(3):
        board = simulator(**given, heap_bytes=heap)
        board.facts()
        over = board.facts()["heap_free"] - free_bytes
        board.close()
        heap -= over
    return heap


@pytest.mark.parametrize("name", [*RUNES, "many-stages", "large-arena"])
def test_a_rune_is_admitted_exactly_where_it_fits(
    name: str, simulator: Simulators, tmp_path: Path
) -> None:
    rune, given = rune_of(name, tmp_path), sources(tmp_path)
    needed = said_bytes(rune)
    heap = heap_for(needed + SERVICE_BYTES, simulator, given)
    board = simulator(**given, heap_bytes=heap + MARGIN_BYTES)
    for _ in range(3):
        board.cast(rune, period_ms=0)
        assert board.call()
    smaller = simulator(**given, heap_bytes=heap - MARGIN_BYTES)
    smaller.facts()  # the first loads code, and what that leaves behind may still be held
    free = smaller.facts()["heap_free"] - SERVICE_BYTES
    assert free < needed
    with pytest.raises(RefusedError) as caught:
        smaller.cast(rune, period_ms=0)
    (reason,) = caught.value.reasons
    available = int(reason.split()[-2])
    assert abs(available - free) <= STALE_BYTES
    short = needed - available
    assert reason == f"short by {short} bytes of RAM: {needed} needed, {available} available"


@pytest.mark.parametrize("order", RECASTS)
def test_a_rune_that_is_cast_again_beside_others_finds_memory_in_one_piece(
    order: str, simulator: Simulators, tmp_path: Path
) -> None:
    names = order.split()
    runes = {name: runicd.build(ROOT / "runes" / name) for name in names}
    board = simulator(**sources(tmp_path), heap_bytes=BOARD_HEAP_BYTES)
    left = []
    for _ in range(ROUNDS):
        for name in names:
            board.cast(runes[name], period_ms=0)
            assert board.call(name)
        left.append(board.facts()["heap_free"])
    assert all(row["state"] == "waiting" for row in board.ps())
    assert max(left[1:]) - min(left[1:]) <= MARGIN_BYTES


def test_a_heap_that_runicos_does_not_fit_is_said_so(simulator: Simulators) -> None:
    with pytest.raises(SimulatorError, match="does not fit a heap of 20480 bytes; give it 96k"):
        simulator(heap_bytes=20 * 1024)


def test_a_stopped_rune_counts_for_no_memory(simulator: Simulators, tmp_path: Path) -> None:
    board = simulator(random=1)
    board.cast(runicd.build(ROOT / "runes" / "sine"), period_ms=0)
    assert board.ps()[0]["ram_bytes"] > 0
    board.stop("sine")
    assert board.ps()[0]["ram_bytes"] == 0


def test_a_manifest_that_has_no_room_beside_the_old_rune_replaces_it(
    simulator: Simulators, tmp_path: Path
) -> None:
    rune, given = rune_of("many-stages", tmp_path), sources(tmp_path)
    heap = heap_for(said_bytes(rune) + SERVICE_BYTES, simulator, given) + MARGIN_BYTES
    board = simulator(**given, heap_bytes=heap)
    for _ in range(3):
        assert board.cast(rune, period_ms=0).self_test == "none"
    assert [row["state"] for row in board.ps()] == ["waiting"]


@pytest.mark.skipif(not shutil.which("clang"), reason="clang is not installed")
def test_a_custom_block_takes_no_more_than_it_is_said_to(
    simulator: Simulators, tmp_path: Path
) -> None:
    motion = tmp_path / "motion.csv"
    rune = build(
        write(tmp_path, {"Runefile": TEXT, "block.c": SOURCE, "motion.csv": "0,1,2\n3,4,5\n"})
    )
    board = simulator(accelerometer=motion, heap_bytes=LARGE_HEAP_BYTES)
    idle = board.facts()["heap_free"]
    board.cast(rune, period_ms=0)
    growth = idle - board.facts()["heap_free"]
    assert growth <= said_bytes(rune) <= MOST_OVERSTATED * growth + 2048
