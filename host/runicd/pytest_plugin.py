"""pytest fixtures for people who test their Runes: `board`, and `simulator` for boards with files.

def test_sine(board):
    board.cast("runes/sine")
    assert -1 <= board.call().value <= 1
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from runicd.api import Simulator


@pytest.fixture
def simulator() -> Iterator[Callable[..., Simulator]]:
    """Return a function that starts simulated boards, as `runicd.Simulator(...)`.

    All of them are gone after the test.
    """
    # Loaded late: the plugin is there in every test run, and most do without a board.
    from runicd.api import Simulator  # noqa: PLC0415

    with ExitStack() as stack:

        def start(**options: Any) -> Simulator:
            return stack.enter_context(Simulator(**options))

        yield start


@pytest.fixture
def board(simulator: Callable[..., Simulator]) -> Simulator:
    """Return a fresh simulated board, gone after the test."""
    return simulator()
