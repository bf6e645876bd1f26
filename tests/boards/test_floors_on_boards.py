"""Floors on Cortex-M, in its small heap: an older file is refused beside the Rune that runs."""

import pytest

import runicd
from runicd.errors import BoardError
from runicos.contract import errors
from tests.boards.conftest import Emulate
from tests.flow.runes import SINE


def test_an_older_file_is_refused_after_a_restart_too(emulate: Emulate, kind: str) -> None:
    old = runicd.build(SINE, release="0.9.0")
    board = emulate(kind)
    board.cast(runicd.build(SINE, release="1.0.0", security_counter=1), period_ms=0)
    for _ in range(3):
        board.call()
    for _ in range(2):
        with pytest.raises(BoardError) as caught:
            board.cast(old, period_ms=0)
        assert caught.value.code == errors.ROLLED_BACK
        board.call()
        board.restart()
    with pytest.raises(BoardError, match="security counter 0 would go back"):
        board.cast(old, period_ms=0, downgrade=True)
    newer = runicd.build(SINE, release="0.9.0", security_counter=1)
    board.cast(newer, period_ms=0, downgrade=True)
    board.call()
