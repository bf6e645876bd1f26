"""Emulated boards for tests: one of each kind, started once, and MicroPython's own way in."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from runicd import Simulator
from runicd.errors import SimulatorError
from runicd.sim import boards, firmware
from tests.boards.emulated import EmulatedBoard
from tests.signing import PUBLIC

KINDS = ("mps2_an385", "mps2_an386", "mps2_an500", "mps3_an547")
# The papers' device, a Portenta H7, has a Cortex-M7, too.
USUAL = "mps2_an500"
# The one with the least memory: what a file's BOARDS names where it takes long on all of them.
SMALLEST = "mps2_an385"
Emulate = Callable[..., Simulator]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what asks for `kind` on every board, or on those that RUNIC_BOARDS names.

    A file that has BOARDS is run on these, where the environment names none.
    """
    if "kind" in metafunc.fixturenames:
        usual = getattr(metafunc.module, "BOARDS", KINDS)
        chosen = os.environ.get("RUNIC_BOARDS", "").split() or usual
        metafunc.parametrize("kind", chosen, scope="module")


@pytest.fixture(scope="module")
def board(kind: str) -> Iterator[EmulatedBoard]:
    """Return a running board of that kind, which the tests of a file share."""
    started = EmulatedBoard.start(firmware.find(kind))
    yield started
    boards.stop(started.board)


@pytest.fixture
def owned(kind: str) -> Iterator[EmulatedBoard]:
    """Return a board of the test's own, whose owner is the tests' key."""
    started = EmulatedBoard.start(firmware.find(kind))
    try:
        with started.cable() as cable:
            cable.request("trust", name="tests", public=PUBLIC)
        yield started
    finally:
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
