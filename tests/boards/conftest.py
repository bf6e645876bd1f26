"""Emulated boards for tests: one of each kind, started once, and MicroPython's own way in."""

import os
from collections.abc import Iterator

import pytest

from runicd.sim import boards, firmware
from tests.boards.emulated import EmulatedBoard

KINDS = ("mps2_an385", "mps2_an386", "mps2_an500", "mps3_an547")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what asks for `kind` on every board, or on those that RUNIC_BOARDS names."""
    if "kind" in metafunc.fixturenames:
        chosen = os.environ.get("RUNIC_BOARDS", "").split() or KINDS
        metafunc.parametrize("kind", chosen, scope="module")


@pytest.fixture(scope="module")
def board(kind: str) -> Iterator[EmulatedBoard]:
    """Return a running board of that kind, which the tests of a file share."""
    started = EmulatedBoard.start(firmware.find(kind))
    yield started
    boards.stop(started.board)
