"""A second Rune with the same model, cast as users do: it is neither sent nor stored again."""

import json
from collections.abc import Callable

import runicd
from runicd import Simulator
from runicd.cast.shared import models_of
from runicd.runefile.read_rune import read_rune
from runicd.types import Rune
from tests.board import ROOT
from tests.conftest import Command
from tests.flow.test_memory import LARGE_HEAP_BYTES

Simulators = Callable[..., Simulator]
SOUND = ROOT / "runes" / "microspeech" / "samples" / "up_f3.wav"


def speech(name: str, release: str = "0.1.0") -> Rune:
    return runicd.build(ROOT / "runes" / "microspeech", name=name, release=release)


def test_a_second_rune_sends_and_stores_all_but_the_model(simulator: Simulators) -> None:
    first, second = speech("first"), speech("second")
    (model,) = models_of(read_rune(second.data))
    board = simulator(sound=SOUND, heap_bytes=LARGE_HEAP_BYTES)
    assert board.cast(first, period_ms=0).shared_bytes == 0
    done = board.cast(second, period_ms=0)
    assert done.shared_bytes == model.length
    assert done.sent_bytes + done.shared_bytes < len(second.data)
    assert done.self_test == "passed"
    called = [board.call(name)[0].tensors for name in ("first", "second")]
    assert called[0] == called[1]
    newer = board.cast(speech("second", "0.2.0"), period_ms=0)
    assert newer.shared_bytes == model.length
    board.remove("first")
    assert board.call("second")


def test_df_says_what_each_version_takes(command: Command) -> None:
    assert command("sim", "up", "--sound", SOUND, "--heap", "512k").code == 0
    for name in ("first", "second"):
        assert command("build", SOUND.parents[1], "-n", name, "-o", f"{name}.rune").code == 0
        told = command("cast", f"{name}.rune", "--period", "0")
        assert told.code == 0
        assert ("18,320 bytes shared" in told.out + told.err) == (name == "second")
    first, second = json.loads(command("df", "--json").out)["versions"]
    assert first["bytes"] == first["own_bytes"]
    assert second["shared_bytes"] == 18_320
    lines = command("df").out.splitlines()
    assert lines[0].split("  ")[0] == "Name"
    assert "; Runes take " in lines[-1]
    assert " and share 18,320; one of " in lines[-1]
