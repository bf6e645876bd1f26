"""Timing the kernels on this machine: what is measured, not how long it takes."""

import pytest

from bench import kernels_here
from bench.kernels import networks
from bench.kernels_here import Timed, section


def test_a_network_is_timed_by_each_way_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels_here, "ROUNDS", 2)
    monkeypatch.setattr(kernels_here, "_ROUND_S", 0.01)
    timed = kernels_here.time_network("digits", networks()["digits"])
    assert timed.network == "digits"
    assert 0 < timed.portable_us < float("inf")
    assert 0 < timed.ours_us < float("inf")


def test_ratios_are_of_one_row() -> None:
    found = section([Timed("one", 100.0, 20.0, 5.0), Timed("other", 30.0, 10.0, None)])
    assert [list(row) for row in found.rows] == [
        ["one", 100.0, 20.0, 5.0, 5.0, 4.0],
        ["other", 30.0, 10.0, 3.0, "-", "-"],
    ]
