"""A board whose firmware lacks a group of ops refuses a model that needs one, and says which."""

from pathlib import Path

import pytest

import runicd
from runicd.errors import RefusedError
from runicd.model.write_tflite import Graph
from runicd.types import Rune
from tests.boards.conftest import Emulate
from tests.flow.test_repl import mpremote

CORE_ONLY, WHOLE = "mps2_an385", "mps2_an500"
RUNEFILE = """
FROM runicos/base
CAPABILITY RAND random --n 1
PROC_BLOCK runicos/image-normalization scaled
MODEL ./absolute.tflite absolute --input [1,1] --output [1,1]
RUN random scaled absolute
OUT serial
"""


def absolute(folder: Path) -> Rune:
    """Return a Rune with a model of one op, ABS."""
    graph = Graph("absolute")
    graph.output(graph.op("ABS", [graph.input("x", "f32", (1, 1))]))
    (folder / "absolute.tflite").write_bytes(graph.to_bytes())
    (folder / "Runefile").write_text(RUNEFILE)
    return runicd.build(folder / "Runefile", name="absolute")


def test_an_op_that_the_firmware_lacks_is_refused_by_name(
    emulate: Emulate, tmp_path: Path
) -> None:
    board = emulate(CORE_ONLY)
    with pytest.raises(RefusedError) as caught:
        board.cast(absolute(tmp_path))
    assert any("ABS:float32" in reason for reason in caught.value.reasons)
    with board.free_port() as port:
        printed = mpremote(port, "exec", "import nn; print('ABS:float32' in nn.ops())")
    assert printed == "False\n"


def test_a_firmware_with_every_group_runs_it(emulate: Emulate, tmp_path: Path) -> None:
    board = emulate(WHOLE)
    board.cast(absolute(tmp_path), period_ms=0)
    assert 0 <= board.call("absolute").value <= 1
