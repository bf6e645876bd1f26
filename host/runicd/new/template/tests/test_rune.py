"""Runs the Rune on a simulated board and compares what it says of the sample."""

from pathlib import Path

PROJECT = Path(__file__).parent.parent


def test_the_sides_of_the_sample(simulator):
    board = simulator(accelerometer=PROJECT / "samples")
    board.cast(PROJECT, period_ms=0)
    sides = [board.call()[0].value for _ in range(5)]
    assert sides == ["flat", "right", "left", "front", "upside-down"]


def test_a_board_without_an_accelerometer_refuses(board):
    verdict = board.preflight(PROJECT)
    assert any("no ACCEL on this board" in reason for reason in verdict.reasons)
