"""What the host says `nn` keeps for a model besides its arena is what the firmware keeps."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from runicd.model.read_tflite import read_tflite
from runicd.model.table import table_bytes
from tests.board import run_ok
from tests.native.test_nn_arena import MLPERF_TINY, MODELS, write_all
from tests.native.test_nn_ops import PAIRS, Generator

CASES_EACH = 40

SCRIPT = """
import json, nn, sys
found = []
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        found.append(nn.Model(file.read()).table_bytes)
print(json.dumps(found))
"""


def compare(paths: list[Path]) -> list[int]:
    """Return what the firmware says, after it was found to be what the host says."""
    found: list[int] = json.loads(run_ok(SCRIPT, *paths, heap="4m"))
    expected = [table_bytes(read_tflite(path.read_bytes())) for path in paths]
    assert dict(zip(paths, found, strict=True)) == dict(zip(paths, expected, strict=True))
    return found


def test_tables_of_networks(tmp_path: Path) -> None:
    assert all(size > 0 for size in compare([*MODELS, *MLPERF_TINY, *write_all(tmp_path)]))


@pytest.mark.parametrize(
    ("generator", "element"),
    PAIRS,
    ids=[f"{generator.__name__}-{element}" for generator, element in PAIRS],
)
def test_tables_of_every_op(generator: Generator, element: str, tmp_path: Path) -> None:
    chance = np.random.default_rng(47)
    for number in range(CASES_EACH):
        (tmp_path / f"{number}.tflite").write_bytes(generator(chance, element).model)
    assert len(compare(sorted(tmp_path.iterdir()))) == CASES_EACH
