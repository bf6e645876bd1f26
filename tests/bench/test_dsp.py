"""The transforms on every emulated core: the reference's results, and no slower than CMSIS-DSP."""

import shutil

import numpy as np
import pytest

from bench import counter, dsp, dsp_programs
from bench.board_firmware import BOARDS
from bench.dsp_programs import Case
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


def fft_cases() -> list[Case]:
    """Frames of every length, whole and cut off; sounds from silence to the loudest."""
    chance = np.random.default_rng(3)
    cases = []
    for kind in ("f32", "q15"):
        for bins, rate, overlap, count in (
            *((16, 8000, 0.0, 900), (31, 16000, 0.5, 1003), (64, 44100, 0.25, 4096)),
            *((100, 16000, 0.9, 20), (480, 16000, 0.6666667, 5000), (512, 16000, 0.5, 7777)),
            *((1000, 22050, 0.3, 1), (2048, 48000, 0.75, 9999)),
        ):
            loud = chance.choice([1, 40, 3000, 32767])
            given = chance.integers(-loud - 1, loud + 1, count) * (chance.random(count) < 0.9)
            cases.append(Case(kind, (bins, rate), overlap, given.astype(np.int16)))
    return cases


@pytest.mark.parametrize("board", ["mps2_an385", "mps3_an547"])
def test_frames_of_every_length_are_the_reference_s(board: str) -> None:
    cases = fft_cases()
    for case, found in zip(cases, dsp_programs.blocks(board, cases), strict=True):
        names = ("arithmetic", "bins", "sample_rate", "window_overlap")
        given = dict(zip(names, (case.kind, *case.integers, case.number), strict=True))
        args = resolve_arguments(BLOCKS["fft"], given)
        expected = run_block("fft", case.given, args)[0].reshape(-1)
        np.testing.assert_array_equal(found, expected, str(given))


def noise_cases() -> list[Case]:
    """Signals of all sizes, and all alike; as many as vectors take, and others."""
    chance = np.random.default_rng(4)
    cases = []
    for count, gain_bits, smoothing_bits, strength in (
        *((1960, 21, 10, 0.95), (7, 31, 0, 8.0), (64, 11, 16, 0.0), (1, 21, 10, 0.95)),
        *((333, 25, 12, 2.5), (40, 15, 5, 1.0)),
    ):
        for bits in (2, 12, 17, 32):
            words = chance.integers(0, 1 << 32, (3, count)) >> chance.integers(32 - bits, 33)
            given = (words >> chance.integers(0, bits, (3, count))).astype(np.uint32)
            cases.append(Case("noise", (gain_bits, smoothing_bits), strength, given))
    return cases


@pytest.mark.parametrize("board", ["mps2_an385", "mps3_an547"])
def test_filtered_noise_is_the_reference_s(board: str) -> None:
    cases = noise_cases()
    for case, found in zip(cases, dsp_programs.blocks(board, cases), strict=True):
        noise = NoiseFilter(
            gain_bits=case.integers[0], smoothing_bits=case.integers[1], strength=case.number
        )
        for words, filtered in zip(case.given, found, strict=True):
            np.testing.assert_array_equal(filtered, noise(words), str(case))


def test_values_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match=r"int16\[1024\] expected, not float64\[1024\]"):
        dsp_programs.transforms("mps2_an385", np.zeros(1024))
    with pytest.raises(ValueError, match=r"int16\[2048\] expected, not float64\[1024\]"):
        list(dsp_programs.every_length("mps2_an385", np.zeros(1024)))
    with pytest.raises(ValueError, match=r"int16\[16000\] expected, not int16\[1\]"):
        dsp_programs.front_end("mps2_an385", np.zeros(1, np.int16))
