"""The numpy reference: its rounding against exact integers, its refusals, its two versions."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runicd.errors import ModelError
from runicd.model.read_tflite import read_tflite
from runicd.model.reference import fixedpoint, rounding
from runicd.model.reference.rounding import ROUNDINGS, Scale
from runicd.model.reference.run import KERNELS, run
from runicd.model.schema import OPTIONS
from runicos.contract.checked_manifest import TFLM_DOUBLE, TFLM_SINGLE
from tests.host.model_samples import float_network, int8_network

INT32 = st.integers(-(2**31), 2**31 - 1)
MULTIPLIERS = st.one_of(st.sampled_from([0, 2**30, 2**31 - 1]), st.integers(2**30, 2**31 - 1))


def nearest(value: Fraction, *, ties_up: bool) -> int:
    """The nearest integer; halves towards plus infinity, or away from zero."""
    if ties_up or value >= 0:
        return (value + Fraction(1, 2)).__floor__()
    return -((-value + Fraction(1, 2)).__floor__())


@given(INT32, MULTIPLIERS, st.integers(-31, 0))
def test_double_rounding_rounds_twice(value: int, multiplier: int, shift: int) -> None:
    high = nearest(Fraction(value * multiplier, 2**31), ties_up=True)
    expected = nearest(Fraction(high, 2**-shift), ties_up=False)
    got = ROUNDINGS[TFLM_DOUBLE](np.array([value]), Scale(multiplier, shift))
    assert got.tolist() == [expected]


@given(st.integers(-(2**20), 2**20), MULTIPLIERS, st.integers(1, 10))
def test_a_left_shift_comes_first(value: int, multiplier: int, shift: int) -> None:
    expected = nearest(Fraction((value << shift) * multiplier, 2**31), ties_up=True)
    got = ROUNDINGS[TFLM_DOUBLE](np.array([value]), Scale(multiplier, shift))
    assert got.tolist() == [expected]


@given(INT32, MULTIPLIERS, st.integers(-31, 0))
def test_single_rounding_rounds_once(value: int, multiplier: int, shift: int) -> None:
    expected = nearest(Fraction(value * multiplier, 2 ** (31 - shift)), ties_up=True)
    got = ROUNDINGS[TFLM_SINGLE](np.array([value]), Scale(multiplier, shift))
    assert got.tolist() == [expected]


@given(st.floats(2.0**-31, 2.0**29))
def test_a_multiplier_stands_for_its_real_number(real: float) -> None:
    multiplier, shift = rounding.quantise_multiplier(real)
    assert 2**30 <= multiplier < 2**31
    assert multiplier * 2.0 ** (shift - 31) == pytest.approx(real, rel=2**-31)


def test_a_multiplier_out_of_range_is_refused_or_nothing() -> None:
    with pytest.raises(ModelError, match="too far apart"):
        rounding.quantise_multiplier(2.0**30)
    assert rounding.quantise_multiplier(2.0**-33) == (0, 0)


def test_fixed_point_functions_are_those_of_real_numbers() -> None:
    x = np.arange(-(2**31), 2**31, 2**20 + 7)
    real = x / 2.0**27
    assert fixedpoint.logistic(x) / 2.0**31 == pytest.approx(1 / (1 + np.exp(-real)), abs=1e-7)
    assert fixedpoint.tanh(x) / 2.0**31 == pytest.approx(np.tanh(real), abs=3e-7)
    negative = x[x <= 0]
    exact = np.exp(negative / 2.0**26)
    assert fixedpoint.exp_negative(negative, 5) / 2.0**31 == pytest.approx(exact, abs=3e-7)


def test_the_versions_differ_by_one_in_few_places() -> None:
    chance = np.random.default_rng(5)
    sums = chance.integers(-40_000, 40_000, 1_000_000)
    scale = Scale(*rounding.quantise_multiplier(0.0023))
    double, single = (requantise(sums, scale) for requantise in ROUNDINGS.values())
    assert np.abs(double - single).max() == 1
    assert 0 < (double != single).mean() < 0.002


def test_a_network_runs_by_either_version() -> None:
    model = read_tflite(int8_network())
    shape = model.tensors[model.inputs[0]].shape
    inputs = [np.random.default_rng(5).integers(-128, 128, shape).astype(np.int8)]
    double, single = (run(model, inputs, name)[0].astype(int) for name in ROUNDINGS)
    assert np.abs(double - single).max() <= 2


def test_there_is_a_reference_for_every_operator_that_can_be_written() -> None:
    assert set(KERNELS) == set(OPTIONS)


def test_an_unknown_rounding_is_refused_by_its_name() -> None:
    model = read_tflite(float_network())
    with pytest.raises(ModelError, match="no rounding 'nearest', choose from tflm-double"):
        run(model, [], "nearest")


def test_inputs_that_do_not_fit_are_refused() -> None:
    model = read_tflite(float_network())
    shape = model.tensors[model.inputs[0]].shape
    with pytest.raises(ModelError, match="0 inputs given, 1 wanted"):
        run(model, [])
    with pytest.raises(ModelError, match=r"float32 \[3\] given"):
        run(model, [np.zeros(3, np.float32)])
    with pytest.raises(ModelError, match=r"float64 .* given"):
        run(model, [np.zeros(shape)])


def test_an_operator_without_a_reference_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    model = read_tflite(float_network())
    name = model.ops[0].name
    monkeypatch.delitem(KERNELS, name)
    inputs = [np.zeros(model.tensors[model.inputs[0]].shape, np.float32)]
    with pytest.raises(ModelError, match=rf"op 0 \({name}\) has no reference"):
        run(model, inputs)
