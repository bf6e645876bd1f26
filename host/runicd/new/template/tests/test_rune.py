"""Runs the Rune on a simulated board and compares what it says of the sample."""

from pathlib import Path

PROJECT = Path(__file__).parent.parent


def test_the_sides_of_the_sample(simulator):
    board = simulator(accelerometer=PROJECT / "samples")
    board.cast(PROJECT, period_ms=0)
    sides = [board.call()[0].value for _ in range(5)]
    assert sides == ["flat", "right", "left", "front", "upside-down"]


def test_it_fits_the_board(board):
    board.cast(PROJECT, period_ms=0)
    assert [rune["name"] for rune in board.ps()] == ["tilt"]
