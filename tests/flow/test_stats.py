"""`runicd stats`: what a board counted of its Runes' calls, results and inputs."""

import json
from typing import Any

from runicd import Simulator
from tests.board import ROOT
from tests.conftest import Command
from tests.flow.runes import DIGITS, SINE

MICROSPEECH = ROOT / "runes" / "microspeech"
ARM = (DIGITS / "samples" / "3.png", DIGITS / "samples" / "4.png")


def digits(command: Command, calls: int) -> dict[str, Any]:
    """The figures of digits, called so often in turn with a 3 and a 4."""
    command("sim", "up", *(word for path in ARM for word in ("--image", path)))
    command("cast", DIGITS, "--period", "0", "-q")
    assert command("call", "digits", "-n", str(calls)).code == 0
    found: dict[str, Any] = json.loads(command("stats", "digits", "--json").out)["digits"]
    return found


def test_results_and_times_of_the_same_calls_are_counted(command: Command) -> None:
    told = digits(command, 93)
    timed = told["latency"]["timed"]
    assert 3 <= timed <= 93  # every 31st on a machine where it is a short one
    assert sum(row[2] for row in told["latency"]["histogram"]) == timed
    assert told["latency"]["p50_us"] <= told["latency"]["p95_us"] <= told["latency"]["p99_us"]
    assert told["classes"][3] + told["classes"][4] == sum(told["classes"]) == timed
    assert min(told["classes"][3], told["classes"][4]) > 0
    assert sum(told["confidences"]) == timed
    for stage in told["stages"]:
        assert stage["p50_us"] <= stage["p99_us"] <= stage["max_us"]


def test_inputs_are_shown_with_those_of_the_golden_vectors(command: Command) -> None:
    told = digits(command, 125)
    assert told["inputs"]["count"] >= 40
    assert told["inputs"]["windows"] == told["latency"]["timed"]
    assert told["inputs"]["baseline"]["count"] == 64 * told["inputs"]["baseline"]["windows"]
    text = command("stats", "digits").out
    assert "; golden vectors: mean " in text
    assert "█" in text


def test_golden_vectors_are_counted_in_the_baseline_alone() -> None:
    with Simulator() as board:
        board.cast(SINE, period_ms=0)
        told = board.stats("sine")
        assert (told["latency"]["timed"], "inputs" in told) == (0, False)
        board.call("sine")
        told = board.stats("sine")
        assert (told["latency"]["timed"], told["inputs"]["count"]) == (1, 1)
        assert told["inputs"]["baseline"]["count"] >= 1


def test_short_runs_are_sampled() -> None:
    with Simulator() as board:
        board.cast(SINE, period_ms=0)
        for _ in range(93):
            board.call("sine")
        # A call that the machine disturbs is a long one, and the next is timed, too.
        assert 3 <= board.stats("sine")["latency"]["timed"] < 93


def test_memory_at_its_most_is_told() -> None:
    with Simulator() as board:
        board.cast(SINE, period_ms=0)
        board.call("sine")
        told = board.stats("sine")
        assert 0 < told["most"]["wasm_stack"] < 1024
        assert told["most"]["wasm_memory"] == 64
        assert 0 < told["most"]["ring"] <= 1024
        assert told["heap"]["most"] >= told["heap"]["used"]
