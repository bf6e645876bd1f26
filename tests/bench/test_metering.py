"""Counting fuel costs a loop no more than promised, on a Cortex-M3."""

import pytest

from bench.metering import PROMISED, measure

pytestmark = pytest.mark.own_programs


def test_a_loop_over_a_tensor_costs_what_is_promised() -> None:
    work = "sum of products"
    cost = measure("m3", [work])[0]
    # It must cost something: without the counter there is nothing that stops a loop.
    assert 0 < cost.percent <= PROMISED[work]
