"""Emulated boards for tests: one of each kind, started once, and MicroPython's own way in."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from runicd import Simulator
from runicd.errors import SimulatorError
from runicd.sim import boards, firmware
from tests.boards.emulated import EmulatedBoard

KINDS = ("mps2_an385", "mps2_an386", "mps2_an500", "mps3_an547")
# The papers' device, a Portenta H7, has a Cortex-M7, too.
USUAL = "mps2_an500"
Emulate = Callable[..., Simulator]


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


@pytest.fixture
def emulate(state_folder: object) -> Iterator[Emulate]:
    """Return a function that starts a board as users of the API do, gone after the test."""
    with ExitStack() as stack:

        def start(kind: str = USUAL, **options: object) -> Simulator:
            try:
                firmware.find(kind)
            except SimulatorError as missing:
                pytest.skip(str(missing))
            return stack.enter_context(Simulator(board=kind, **options))  # type: ignore[arg-type]

        yield start
