"""The numpy reference against known vectors, independent mathematics and known defects."""

import math
import wave
from pathlib import Path

import numpy as np
import pytest

from runicd.blocks.exact_maths import cosine_of_turn, exp2_fraction, log2_fixed
from runicd.blocks.frames import hop_samples
from runicd.blocks.noise import NoiseFilter, gain_table, interpolate_gain
from runicd.blocks.reference import ReferenceBlock, run_block
from runicd.blocks.spectrum import _mel_edges, mel_filterbank, mel_spectrogram
from runicd.blocks.table import BLOCKS, resolve_arguments
from tests.rune_reference import WORDS, best, model_bytes, samples


def run(name: str, value: object, **args: object) -> object:
    return run_block(name, value, resolve_arguments(BLOCKS[name], args))[0]  # type: ignore[arg-type]


def test_integer_functions_are_close_to_the_real_ones() -> None:
    for numerator in range(600):
        real = math.cos(2 * math.pi * numerator / 511)
        assert abs(cosine_of_turn(numerator, 511) / 2**30 - real) < 4e-9
    for step in range(1024):
        assert abs(exp2_fraction(step << 20) / 2**30 - 2 ** (step / 1024)) < 2e-8
    values = np.random.default_rng(0).integers(1, 1 << 53, 1000)
    assert np.abs(log2_fixed(values, 24) / 2**24 - np.log2(values.astype(float))).max() < 1e-7
    assert log2_fixed([1, 2, 1 << 63], 10).tolist() == [0, 1 << 10, 63 << 10]


def test_noise_reduction_gives_the_known_vector() -> None:
    block = NoiseFilter()
    reduced = block.reduce_noise(np.array([247311, 508620], np.uint32))
    assert reduced.tolist() == [241137, 478104]
    assert block.estimate is not None
    assert block.estimate.tolist() == [6321887, 31248341]
    assert block.control_gain(reduced).tolist() == [3578, 1533]


def test_the_gain_follows_the_power_law() -> None:
    table = gain_table(0.95, 80.0, 21, 10)
    levels = np.array([3, 100, 4000, 10**5, 10**7, 10**9], np.uint64)
    law = 2.0**21 * (levels / 2**11 + 80) ** -0.95
    law = np.minimum(law, 0x7FFF)
    np.testing.assert_allclose(interpolate_gain(levels, table), law, rtol=0.02, atol=1)


def test_a_steady_sound_is_learnt_as_noise_without_end() -> None:
    block = NoiseFilter()
    steady = np.full((1, 40), 50000, np.uint32)
    for _ in range(2000):
        block(steady)
    assert block.estimate is not None
    ratio = block.estimate / (50000 << 10)
    assert ((ratio > 0.95) & (ratio <= 1)).all()


def test_the_default_hop_is_one_short_of_a_third() -> None:
    assert hop_samples(480, 0.6666667) == 159
    assert hop_samples(480, 0.5) == 240
    assert hop_samples(16, 0.999) == 1


def test_mel_edges_are_those_of_the_formula() -> None:
    low, high = (2595 * math.log10(1 + hz / 700) for hz in (16000 / 480, 8000))
    mels = [low + (high - low) * i / 41 for i in range(42)]
    rows = [math.floor(700 * (10 ** (mel / 2595) - 1) / 8000 * 241 + 1e-9) for mel in mels]
    assert _mel_edges(16000, 480, 42) == rows
    for band in mel_filterbank(16000, 480, 40):
        width = len(band.weights)
        assert band.start_row + width <= 241
        assert math.isclose(band.weights.sum(), 0.5, rel_tol=0.5)


def independent_spectrogram(samples: np.ndarray) -> np.ndarray:
    """The default arguments in double precision, through numpy's own transform."""
    padded = np.zeros(16062)
    padded[:16000] = samples
    values = []
    for frame in range(49):
        start = int(frame * 99 / 49) * 159
        chunk = np.zeros(512)
        chunk[:480] = padded[start : start + 480]
        power = np.abs(np.fft.rfft(chunk * np.hanning(512))) ** 2
        rows = power[np.arange(241) * 256 // 241]
        for band in mel_filterbank(16000, 480, 40):
            part = rows[band.start_row :][: len(band.weights)]
            values.append(math.sqrt(np.dot(part, band.weights.astype(np.float64))))
    amplitudes = np.array(values)
    return 65536 * (amplitudes - amplitudes.min()) / (amplitudes.max() - amplitudes.min())


@pytest.mark.parametrize("seed", range(3))
def test_the_spectrogram_agrees_with_double_precision(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tone = 8000 * np.sin(np.arange(16000) * rng.uniform(0.05, 2.5))
    samples = (tone + rng.normal(0, 500, 16000)).astype(np.int16)
    own = mel_spectrogram(samples)
    assert own.shape == (1, 1960)
    assert own.dtype == np.uint32
    assert own.max() == 65536
    assert np.abs(own[0] - independent_spectrogram(samples)).max() <= 1.05


def test_silence_is_zero_and_not_garbage() -> None:
    assert not mel_spectrogram(np.zeros(16000, np.int16)).any()
    assert not NoiseFilter()(np.zeros((1, 1960), np.uint32)).any()


def test_a_short_sound_is_padded() -> None:
    assert mel_spectrogram(np.array([1000], np.int16)).shape == (1, 1960)
    with pytest.raises(ValueError, match="at least one sample"):
        mel_spectrogram(np.zeros(0, np.int16))


def test_defects_of_the_original_are_gone() -> None:
    f32 = np.float32
    assert run("argmax", np.array([-3, -1, -2], f32)) == [1]
    assert np.allclose(run("softmax", np.array([1000, 1000], f32)), 0.5)  # type: ignore[arg-type]
    both = run("binary_classification", np.array([0.2, 0.9, np.nan], f32))
    assert list(both) == [0, 1, 0]  # type: ignore[call-overload]
    assert run("label", np.array([7, -1]), wordlist="a\nb", fallback="?") == ["?", "?"]
    assert not np.any(run("normalize", np.array([5, 5], f32)))  # type: ignore[arg-type]
    order = run("most_confident_indices", np.array([np.nan, 1, 2], f32), count=3)
    assert list(order) == [2, 1, 0]  # type: ignore[call-overload]
    large = run("modulo", np.array([4294967295], np.uint32), modulus=100)
    assert list(large) == [95]  # type: ignore[call-overload]


def test_objects_at_one_place_are_one() -> None:
    rows = np.array(
        [
            [0.5, 0.5, 0.1, 0.1, 0.8, 0.2, 0.9],
            [0.505, 0.495, 0.2, 0.2, 0.9, 0.7, 0.1],
            [0.1, 0.1, 0.1, 0.1, 0.69, 1, 0],
            [0.9, 0.1, 0.1, 0.1, 0.75, 0.1, 0.3],
        ],
        np.float32,
    )
    found = run("object_filter", rows[None])
    expected = np.array([[0.505, 0.495, 0.2, 0.2, 0.9, 0], [0.9, 0.1, 0.1, 0.1, 0.75, 1]])
    np.testing.assert_array_equal(found, expected.astype(np.float32))


def test_only_a_stateful_block_remembers() -> None:
    rng = np.random.default_rng(1)
    first, second = (rng.integers(0, 65536, 40, dtype=np.uint32) for _ in range(2))
    block = ReferenceBlock("noise-filtering", resolve_arguments(BLOCKS["noise-filtering"], {}))
    block.run(first)
    later = block.run(second)[0]
    block.reset()
    np.testing.assert_array_equal(block.run(second)[0], NoiseFilter()(second))
    assert (np.asarray(later) != NoiseFilter()(second)).any()


@pytest.mark.parametrize("path", samples("microspeech"), ids=lambda path: path.stem)
def test_a_model_of_floats_takes_integers_for_the_same_word(path: Path) -> None:
    with wave.open(str(path)) as file:
        heard = np.frombuffer(file.readframes(16000), np.int16)
    second = np.pad(heard, (0, 16000 - len(heard)))
    said = []
    for arithmetic in ("f32", "q15"):
        args = resolve_arguments(BLOCKS["fft"], {"arithmetic": arithmetic})
        (bands,) = run_block("fft", second, args)
        features = NoiseFilter()(np.asarray(bands))
        said.append(WORDS[best(model_bytes("microspeech"), features)])
    assert said[0] == said[1]
    assert path.stem.startswith(said[0])
