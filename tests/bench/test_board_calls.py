"""What calls cost on an emulated board is exact, repeatable, and adds up."""

import shutil

import pytest

from bench import board_calls, board_firmware, counter
from bench.board_calls import Calls

pytestmark = [
    pytest.mark.skipif(
        shutil.which(counter.QEMU) is None or shutil.which("arm-none-eabi-gcc") is None,
        reason="no qemu-system-arm or arm-none-eabi-gcc here",
    ),
    pytest.mark.timeout(900),  # firmware is built first
]


@pytest.fixture(scope="module")
def firmware():
    return board_firmware.build("mps2_an500")


def test_two_runs_give_the_same_counts(firmware):
    first, second = (board_calls.measure(firmware, "sine") for _ in range(2))
    assert first == second


@pytest.mark.parametrize("rune", ["sine", "digits"])
def test_layers_add_up_to_the_calls(rune, firmware):
    calls = board_calls.measure(firmware, rune)
    native, in_c, called = (sum(column) for column in zip(*calls.layers.values(), strict=True))
    assert native == pytest.approx(calls.native, abs=1e-6)
    assert in_c == pytest.approx(calls.rune_in_c, abs=1e-6)
    # regions.call itself is in the profile, and not in the count.
    assert 0 <= called - calls.called < 10


def test_only_the_container_comes_to_what_runs_natively(firmware):
    calls = board_calls.measure(firmware, "digits")
    native = {layer: counts[0] for layer, counts in calls.layers.items()}
    assert native["wasm"] == native["host call"] == native["clock"] == 0
    assert calls.layers["kernels"][0] == calls.layers["kernels"][1] > 100_000
    assert all(calls.layers[layer][1] > 0 for layer in board_calls.LAYERS)
    assert 0 < calls.percent < calls.called_percent


def test_to_hold_a_rune_to_its_limits_costs_what_is_promised(firmware):
    calls = board_calls.measure(firmware, "sine")
    section = board_calls.meters([calls])
    ((_, _, without, metered, difference, percent),) = section.rows
    assert metered == calls.rune_in_c and difference == metered - without != 0
    assert percent == pytest.approx(100 * difference / without)
    assert [promise.kept for promise in section.promises] == [True]


def test_metering_above_its_limit_is_a_broken_promise():
    dear = Calls("mps2_an500", "core", "sine", 1000, 1020, 1000, 2000, {}, unmetered=1000)
    assert [promise.kept for promise in board_calls.meters([dear]).promises] == [False]


@pytest.mark.parametrize(
    ("board", "rune", "percent", "kept"),
    [
        ("mps2_an500", "sine", 7.9, [True]),
        ("mps2_an500", "sine", 8.1, [False]),
        ("mps2_an385", "sine", 8.1, []),
        ("mps2_an385", "digits", 0.4, [True]),
        ("mps2_an386", "microspeech", 0.6, [False]),
    ],
)
def test_an_overhead_above_its_limit_is_a_broken_promise(board, rune, percent, kept):
    calls = Calls(board, "core", rune, 1000, 1000 + 10 * percent, 1000, 2000, {})
    assert [promise.kept for promise in board_calls.overheads([calls]).promises] == kept


@pytest.mark.parametrize(
    ("board", "counted", "kept"), [("mps2_an385", 1009, True), ("mps3_an547", 1011, False)]
)
def test_counting_that_costs_more_is_a_broken_promise(board, counted, kept):
    calls = Calls(board, "core", "sine", 900, counted, 1000, 2000, {}, untimed=1990)
    section = board_calls.sagas([calls])
    assert section.rows[0][-2] == 10
    (promise,) = section.promises
    assert (promise.name, promise.kept) == ("saga sine core", kept)


@pytest.mark.parametrize("rune", ["sine", "digits"])
def test_counting_costs_less_than_a_hundredth_of_a_call(rune, firmware):
    calls = board_calls.measure(firmware, rune)
    assert 0 < calls.saga_percent < 1
    assert 0 < calls.counted_percent < 1
    assert [promise.kept for promise in board_calls.sagas([calls]).promises] == [True]


def test_firmware_that_does_not_build_is_refused():
    with pytest.raises(counter.CounterError, match="the firmware of absent does not build"):
        board_firmware.build("absent")


def test_a_measure_that_fails_on_the_board_is_refused(firmware):
    with pytest.raises(counter.CounterError, match="failed: OSError"):
        firmware.run("overhead", {"rune": "/absent/rune", "data": "/absent/data", "calls": 1})
