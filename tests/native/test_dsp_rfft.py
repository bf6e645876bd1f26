"""The real transforms in the firmware: equal to numpy's on every kind of signal, and right."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from runicd.blocks.transforms import rfft_f32, rfft_q15
from tests.board import ROOT, run_ok

LENGTHS = [32, 64, 128, 256, 512, 1024, 2048, 4096]
LOWEST, HIGHEST = -32768, 32767
SCRIPT = """
import dsp, sys
from array import array
folder, typecode, length = sys.argv[1], sys.argv[2], int(sys.argv[3])
power_code = "I" if typecode == "h" else "f"
with open(folder + "/in", "rb") as file, open(folder + "/out", "wb") as spectra, \\
        open(folder + "/power", "wb") as powers:
    while True:
        values = array(typecode, [0] * length)
        if not file.readinto(values):
            break
        before = bytes(values)
        out = dsp.rfft(values, array(typecode, [0] * length))
        assert bytes(values) == before
        spectra.write(out)
        powers.write(dsp.power(out, array(power_code, [0] * (length // 2 + 1))))
"""


def signals(length: int) -> np.ndarray:
    """int16[n, length]: noise, and what is hardest on 16 bits."""
    chance = np.random.default_rng(length)
    time = np.arange(length)
    rows = [
        np.zeros(length),
        np.full(length, LOWEST),
        np.full(length, HIGHEST),
        np.where(time % 2, HIGHEST, LOWEST),
        *(np.where(time == at, LOWEST, 0) for at in (0, 1, length // 2, length - 1)),
        *(chance.integers(LOWEST, HIGHEST + 1, length) for _ in range(4)),
        *(chance.choice([LOWEST, HIGHEST], length) for _ in range(4)),
        *(chance.integers(-3, 4, length) for _ in range(2)),
    ]
    # Square waves make the largest sums on the way.
    for cycles in [1, 2, length // 8, length // 4, *chance.integers(1, length // 2, 8)]:
        turn = 2 * np.pi * (cycles * time / length + chance.random())
        rows.append(np.where(np.cos(turn) >= 0, HIGHEST, LOWEST))
    return np.array(rows).astype(np.int16)


def packed(signal: np.ndarray) -> np.ndarray:
    """The exact transform in the order of dsp.rfft."""
    exact = np.fft.rfft(signal.astype(np.float64))
    result = np.stack((exact.real[:, :-1], exact.imag[:, :-1]), axis=2).reshape(signal.shape)
    result[:, 1] = exact.real[:, -1]
    return result


def transformed(values: np.ndarray, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """What the firmware makes of each row: spectra, and their powers."""
    values.tofile(folder / "in")
    length = values.shape[1]
    is_q15 = values.dtype == np.int16
    run_ok(SCRIPT, folder, "h" if is_q15 else "f", str(length), heap="1m")
    power_type = np.uint32 if is_q15 else np.float32
    spectra = np.fromfile(folder / "out", values.dtype).reshape(values.shape)
    return spectra, np.fromfile(folder / "power", power_type).reshape(-1, length // 2 + 1)


@pytest.mark.parametrize("length", LENGTHS)
def test_integers_are_the_reference_s_and_right(length: int, tmp_path: Path) -> None:
    values = signals(length)
    spectra, powers = transformed(values, tmp_path)
    np.testing.assert_array_equal(spectra, rfft_q15(values))
    assert np.abs(spectra - packed(values) / length).max() < 8
    parts = spectra.astype(np.int64) ** 2
    inner = parts[:, 2::2] + parts[:, 3::2]
    expected = np.concatenate((parts[:, :1], inner, parts[:, 1:2]), axis=1)
    np.testing.assert_array_equal(powers, expected)


@pytest.mark.parametrize("length", LENGTHS)
def test_floats_are_the_reference_s_and_right(length: int, tmp_path: Path) -> None:
    scales = np.float32(10.0) ** np.random.default_rng(1).integers(-6, 7, (len(signals(32)), 1))
    values = (signals(length) * scales).astype(np.float32)
    spectra, powers = transformed(values, tmp_path)
    np.testing.assert_array_equal(spectra, rfft_f32(values))
    exact = packed(values)
    largest = np.abs(exact).max(axis=1, keepdims=True)
    assert (np.abs(spectra - exact) <= 1e-6 * largest).all()
    exact_powers = exact[:, 2::2] ** 2 + exact[:, 3::2] ** 2
    assert (np.abs(powers[:, 1:-1] - exact_powers) <= 1e-4 * largest**2).all()


def test_nothing_of_a_transform_goes_beyond_16_bits() -> None:
    """The largest bin that a signal can have: square waves, of every length and many phases."""
    for length in (32, 128, 512):
        time = np.arange(length)
        cycles, phases = np.arange(1, length // 2), np.arange(8) / 16
        turns = cycles[:, None, None] * time / length + phases[:, None]
        values = np.where(np.cos(2 * np.pi * turns) >= 0, HIGHEST, LOWEST).reshape(-1, length)
        spectra = rfft_q15(values.astype(np.int16))
        assert np.abs(spectra - packed(values) / length).max() < 8
        assert np.abs(spectra[:, 2:]).max() < 0.71 * HIGHEST


def test_a_transform_allocates_nothing() -> None:
    script = """
import dsp, micropython
from array import array
floats, floats_out = array("f", [1] * 512), array("f", [0] * 512)
shorts, shorts_out = array("h", [512] * 512), array("h", [0] * 512)
micropython.heap_lock()
dsp.rfft(floats, floats_out)
dsp.rfft(shorts, shorts_out)
micropython.heap_unlock()
print(floats_out[0], shorts_out[0])
"""
    assert run_ok(script) == "512.0 512\n"


def test_unsuitable_buffers_are_refused() -> None:
    script = """
import dsp
from array import array
shorts, floats, words = array("h", [0] * 64), array("f", [0] * 64), array("I", [0] * 33)
view = memoryview(shorts)
for call in (
    lambda: dsp.rfft(shorts, floats),
    lambda: dsp.rfft(floats, shorts),
    lambda: dsp.rfft(shorts, array("H", [0] * 64)),
    lambda: dsp.rfft(shorts, array("h", [0] * 63)),
    lambda: dsp.rfft(array("h", [0] * 48), array("h", [0] * 48)),
    lambda: dsp.rfft(array("h", [0] * 16), array("h", [0] * 16)),
    lambda: dsp.rfft(array("h", [0] * 8192), array("h", [0] * 8192)),
    lambda: dsp.rfft(array("h"), array("h")),
    lambda: dsp.rfft(shorts, shorts),
    lambda: dsp.rfft(floats, floats),
    lambda: dsp.rfft(view[:32], view[16:48]),
    lambda: dsp.rfft(view[1:33], array("h", [0] * 32)),
    lambda: dsp.rfft(shorts, bytes(128)),
    lambda: dsp.power(shorts, floats),
    lambda: dsp.power(shorts, words[:32]),
    lambda: dsp.power(shorts[:3], words),
    lambda: dsp.power(floats, words),
    lambda: dsp.power(shorts, bytes(132)),
):
    try:
        call()
        print("accepted")
    except (ValueError, TypeError) as error:
        print(type(error).__name__, error)
print(max(dsp.power(shorts, words)), max(dsp.rfft(view[:32], view[32:])))
"""
    lines = run_ok(script, heap="1m").splitlines()
    assert len(lines) == 19
    assert lines[-1] == "0 0"
    assert "accepted" not in lines
    assert lines[0] == "ValueError array('h') expected"
    assert lines[1] == "ValueError buffer of float32 expected"
    assert lines[3] == "ValueError buffers of the same length expected"
    assert {*lines[4:8]} == {"ValueError length must be a power of two from 32 to 4096"}
    assert {*lines[8:11]} == {"ValueError out must be another buffer"}


def test_the_tables_are_what_their_program_writes() -> None:
    command = [sys.executable, str(ROOT / "tools" / "make_dsp_tables.py"), "--check"]
    subprocess.run(command, check=True)
