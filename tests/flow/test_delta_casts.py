"""Casts of what a board has in part: only what it lacks is sent, and the result is right."""

import json
from pathlib import Path

import numpy as np
import pytest

import runicd
from runicd.model.write_tflite import Graph
from runicd.types import Rune
from tests.conftest import Command
from tests.flow.runes import SINE
from tests.flow.test_memory import LARGE_HEAP_BYTES

pytestmark = pytest.mark.usefixtures("state_folder")

WIDTH = 256
RUNEFILE = """
version: 1
image: runicos/base
pipeline:
  source:
    capability: RAND
    outputs:
    - type: F32
      dimensions: [1, {width}]
  net:
    model: ./net.tflite
    inputs: [source]
    outputs:
    - type: F32
      dimensions: [1, 10]
{block}
  serial:
    out: SERIAL
    inputs: [{last}]
"""
BLOCK = """
  most:
    proc-block: argmax
    inputs: [net]
    outputs:
    - type: U32
      dimensions: [1]
"""


def network(first_seed: int, last_seed: int) -> bytes:
    """Return a network of 300 KB of weights, a tenth of them in its last layer."""
    graph = Graph("net")
    x = graph.input("x", "f32", (1, WIDTH))
    first = np.random.default_rng(first_seed)
    hidden = graph.op("FULLY_CONNECTED", [x, weights(graph, first, WIDTH, WIDTH)])
    last = np.random.default_rng(last_seed)
    graph.output(graph.op("FULLY_CONNECTED", [hidden, weights(graph, last, 10, WIDTH)]))
    return graph.to_bytes()


def weights(graph: Graph, chance: np.random.Generator, rows: int, columns: int) -> int:
    return graph.constant("w", chance.normal(0, 0.05, (rows, columns)).astype("f4"))


def built(top: Path, model: bytes, *, block: bool = False, name: str = "net") -> Rune:
    folder = top / name
    folder.mkdir(exist_ok=True)
    (folder / "net.tflite").write_bytes(model)
    text = RUNEFILE.format(
        width=WIDTH, block=BLOCK if block else "", last="most" if block else "net"
    )
    (folder / "Runefile").write_text(text)
    return runicd.build(folder)


def test_a_changed_last_layer_sends_less_than_a_tenth(tmp_path: Path) -> None:
    old, new = built(tmp_path, network(1, 1)), built(tmp_path, network(1, 2))
    assert len(new.data) > 270_000
    with runicd.Simulator(heap_bytes=LARGE_HEAP_BYTES) as board:
        assert board.cast(old, period_ms=0).sent_bytes == len(old.data)
        done = board.cast(new, period_ms=0)
        assert done.sent_bytes <= len(new.data) // 10
        assert board.call("net")


def test_a_changed_pipeline_sends_less_than_a_tenth(tmp_path: Path) -> None:
    old = built(tmp_path, network(1, 1))
    new = built(tmp_path, network(1, 1), block=True)
    with runicd.Simulator(heap_bytes=LARGE_HEAP_BYTES) as board:
        board.cast(old, period_ms=0)
        assert board.cast(new, period_ms=0).sent_bytes <= len(new.data) // 10
        assert board.call("net")


def test_another_rune_with_the_same_model_sends_less_than_a_tenth(tmp_path: Path) -> None:
    with runicd.Simulator(heap_bytes=LARGE_HEAP_BYTES) as board:
        board.cast(built(tmp_path, network(1, 1)), period_ms=0)
        board.stop("net")
        other = built(tmp_path, network(1, 1), name="other")
        assert board.cast(other, period_ms=0).sent_bytes <= len(other.data) // 10


def test_the_command_says_what_it_did_not_send(command: Command) -> None:
    digits = SINE.parent / "digits"
    assert command("sim", "up", "--image", digits / "samples").code == 0
    sent = []
    for options in ((), (), ("--whole",)):
        done = command("cast", digits, "--json", *options)
        assert done.code == 0, done.err
        sent.append(json.loads(done.out)["sent_bytes"])
    assert sent[1] == 0 < sent[0] == sent[2]
    assert f"(0 of {sent[0]:,} bytes sent" in command("cast", digits).out
