"""Counting fuel costs a loop no more than promised, on a Cortex-M3."""

import pytest

from bench.metering import PROMISED_PERCENT, measure

pytestmark = pytest.mark.own_programs


def test_a_loop_over_a_tensor_costs_what_is_promised() -> None:
    work = "sum of products"
    cost = measure("m3", [work])[0]
    assert cost.metered != cost.plain
    assert cost.percent <= PROMISED_PERCENT
