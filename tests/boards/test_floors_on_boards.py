"""Floors on Cortex-M, in its small heap: an older file is refused beside the Rune that runs."""

import pytest

import runicd
from runicd.errors import BoardError
from runicos.contract import errors
from tests.boards.conftest import Emulate
from tests.boards.emulated import EmulatedBoard
from tests.device import sim_board as device
from tests.device.runes import with_manifest
from tests.device.test_waiting import NEW, OLD, grant, prepare, row
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


def test_a_version_that_waits_is_refused_when_the_floor_rose_meanwhile(
    owned: EmulatedBoard,
) -> None:
    """A newer one was on trial when it was cast: nothing forbade it then."""
    current = with_manifest(OLD, release="1.0.0")
    with owned.cable() as cable:
        prepare(cable, current)
        cable.upload("sine", NEW)
        cable.request("call", name="sine", count=3)
    owned.cut_power()
    with owned.cable() as cable:
        assert row(cable)["waiting"][0] == "0.9.0"
        with pytest.raises(device.BoardError) as caught:
            grant(cable, NEW)
        assert caught.value.code == errors.ROLLED_BACK
        assert caught.value.arguments == ["sine", "0.9.0", "1.0.0"]
        assert (row(cable)["release"], row(cable)["state"]) == ("1.0.0", "waiting")
        cable.request("downgrade", name="sine", release="0.9.0")
        assert grant(cable, NEW)["started"]
        cable.request("call", name="sine", count=3)
        cable.request("rm", name="sine")
    owned.cut_power()
    with owned.cable() as cable, pytest.raises(device.BoardError) as caught:
        cable.upload("sine", with_manifest(OLD, release="0.8.0"))
    assert caught.value.code == errors.ROLLED_BACK
