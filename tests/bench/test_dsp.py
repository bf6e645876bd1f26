"""The transforms on every emulated core: the reference's results, and no slower than CMSIS-DSP."""

import shutil

import numpy as np
import pytest

from bench import counter, dsp, dsp_programs
from bench.board_firmware import BOARDS
from runicd.blocks.noise import NoiseFilter
from runicd.blocks.reference import run_block
from runicd.blocks.table import BLOCKS, resolve_arguments
from runicd.blocks.transforms import rfft_f32, rfft_q15

pytestmark = pytest.mark.skipif(
    shutil.which(counter.QEMU) is None or shutil.which("arm-none-eabi-gcc") is None,
    reason="no qemu-system-arm or arm-none-eabi-gcc here",
)
LOWEST, HIGHEST = -32768, 32767


def signals() -> list[np.ndarray]:
    """Noise, and what is hardest on 16 bits: 2048 values each."""
    chance = np.random.default_rng(7)
    time = np.arange(dsp_programs.LENGTHS[-1])
    rows = [
        np.full(len(time), LOWEST),
        np.where(time % 2, HIGHEST, LOWEST),
        np.where(time == 0, LOWEST, 0),
        *(np.where(time % (2 * half) < half, HIGHEST, LOWEST) for half in (2, 4, 16)),
        chance.integers(LOWEST, HIGHEST + 1, len(time)),
        chance.choice([LOWEST, HIGHEST], len(time)),
    ]
    return [row.astype(np.int16) for row in rows]


@pytest.mark.parametrize("board", BOARDS)
def test_spectra_of_every_length_are_the_reference_s(board: str) -> None:
    for values in signals():
        spectra = list(dsp_programs.every_length(board, values))
        for length, (floats, integers) in zip(dsp_programs.LENGTHS, spectra, strict=True):
            exact = values[:length].astype(np.float32) / np.float32(32768)
            np.testing.assert_array_equal(floats, rfft_f32(exact))
            np.testing.assert_array_equal(integers, rfft_q15(values[:length]))


@pytest.mark.parametrize("board", ["mps2_an385", "mps2_an500", "mps3_an547"])
def test_transforms_are_no_slower_than_cmsis_dsp_s(board: str) -> None:
    section = dsp.transforms([board])
    assert len(section.promises) == len(section.rows) == 6
    assert all(promise.kept for promise in section.promises)
    rows = [dict(zip(section.columns, row, strict=True)) for row in section.rows]
    assert all(row["dB"] < (-120 if row["type"] == "f32" else -40) for row in rows)
    # The two transform alike: what is compared is the same.
    assert all(abs(row["dB"] - row["its dB"]) < 5 for row in rows)


@pytest.mark.parametrize("board", BOARDS)
def test_the_front_end_is_the_reference_s(board: str) -> None:
    sound = dsp.sound()
    for name, heard in zip(("f32", "q15"), dsp_programs.front_end(board, sound), strict=True):
        args = resolve_arguments(BLOCKS["fft"], {"arithmetic": name})
        bands = run_block("fft", sound, args)[0][0]
        np.testing.assert_array_equal(heard.bands, bands)
        np.testing.assert_array_equal(heard.filtered, NoiseFilter()(bands))
        args = resolve_arguments(BLOCKS["fft"], {"arithmetic": name, "window_overlap": 0.6666})
        np.testing.assert_array_equal(heard.listened, run_block("fft", sound, args)[0][0])
        # A step is a frame, and all bands stretched anew.
        assert heard.step.instructions < heard.second.instructions / 15


def test_values_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match=r"int16\[1024\] expected, not float64\[1024\]"):
        dsp_programs.transforms("mps2_an385", np.zeros(1024))
    with pytest.raises(ValueError, match=r"int16\[2048\] expected, not float64\[1024\]"):
        list(dsp_programs.every_length("mps2_an385", np.zeros(1024)))
    with pytest.raises(ValueError, match=r"int16\[16000\] expected, not int16\[1\]"):
        dsp_programs.front_end("mps2_an385", np.zeros(1, np.int16))
