"""A stream's spectrogram is that of its last window, computed at once."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runicd.blocks.arguments import BlockError
from runicd.blocks.frames import FRAMES, chunk_count, hop_samples, spacing
from runicd.blocks.reference import run_block
from runicd.blocks.table import BLOCKS, infer, resolve_arguments
from runicd.types import TensorType
from tests.native.dsp_board import Case, run_cases, tensor

# Arguments, and the steps that the stream goes in.
STREAMS: list[tuple[dict[str, Any], int, int]] = [
    ({"window_samples": 16000}, 318, 8),
    ({"window_samples": 16000, "window_overlap": 0.6666}, 320, 55),
    ({"window_samples": 16000, "window_overlap": 0.6666}, 1600, 12),
    ({"window_samples": 16000, "window_overlap": 0.6666}, 16000, 3),
    ({"window_samples": 8000, "sample_rate": 8000, "bins": 240, "window_overlap": 0.6666}, 160, 4),
    # One chunk a frame, hops as long as frames, and a window of exactly 49 of them.
    ({"window_samples": 49 * 64, "bins": 64, "window_overlap": 0.0}, 64, 55),
    ({"window_samples": 49 * 64, "bins": 64, "window_overlap": 0.0}, 49 * 64, 2),
    # Two chunks a frame, and a window of less than 49 times that.
    ({"window_samples": 64 + 96 * 64 + 1, "bins": 64, "window_overlap": 0.0}, 128, 55),
    ({"window_samples": 2048 + 48 * 512, "bins": 2048, "window_overlap": 0.75}, 1024, 3),
]


def sound(count: int) -> np.ndarray:
    """int16[count]: tones that come and go over noise, then silence, then something loud."""
    chance = np.random.default_rng(count)
    time = np.arange(count)
    tones = np.sin(time * 0.05) * (1 + np.sin(time * 0.001)) * 3000
    noise = chance.normal(0, 40, count)
    loud = np.where(time > 0.9 * count, chance.choice([-30000, 30000], count), 0)
    return np.clip((tones + noise) * (time < 0.7 * count) + loud, -32768, 32767).astype(np.int16)


def windows(heard: np.ndarray, step: int, window: int) -> list[np.ndarray]:
    """The last `window` samples after each step, silence before the first."""
    padded = np.concatenate((np.zeros(window, np.int16), heard))
    return [padded[at + step : at + step + window] for at in range(0, len(heard), step)]


@pytest.mark.parametrize("arithmetic", ["f32", "q15"])
@pytest.mark.parametrize(("given", "step", "steps"), STREAMS)
def test_a_stream_gives_what_its_last_window_gives(
    given: dict[str, Any], step: int, steps: int, arithmetic: str, tmp_path: Path
) -> None:
    heard = sound(step * steps)
    pieces = list(heard.reshape(steps, step))
    streamed = {**given, "arithmetic": arithmetic}
    window = streamed["window_samples"]
    whole = {**streamed, "window_samples": 0}
    out = tensor("u32", 1, 1960)
    # A reset begins the stream anew.
    stream = Case("fft", [tensor("i16", step)], [out], [*pieces, None, *pieces[:2]], streamed)
    expected = windows(heard, step, window)
    checked = sorted({0, 1, min(2, steps - 1), steps // 2, steps - 2, steps - 1})
    at_once = Case("fft", [tensor("i16", window)], [out], [expected[at] for at in checked], whole)
    found, wanted = run_cases([stream, at_once], tmp_path)
    for at, other in zip([*checked, steps, steps + 1], [*wanted, *wanted[:2]], strict=True):
        np.testing.assert_array_equal(found[at][0], other[0])
    assert found[-1][0].any()
    args = resolve_arguments(BLOCKS["fft"], whole)
    np.testing.assert_array_equal(wanted[-1][0], run_block("fft", expected[-1], args)[0])


def test_frames_are_evenly_spaced_exactly_where_spacing_says_so() -> None:
    checked = 0
    for bins, overlap in ((480, 0.6666667), (480, 0.6666), (64, 0.0), (100, 0.9)):
        hop = hop_samples(bins, overlap)
        for window in range(hop, 230 * hop, max(hop // 3, 1)):
            chunks = chunk_count(window, bins, hop)
            starts = [frame * chunks // FRAMES * hop for frame in range(FRAMES)]
            gaps = set(np.diff(starts).tolist())
            is_even = len(gaps) == 1 and 0 not in gaps and starts[-1] + bins <= window
            apart = spacing(window, bins, hop)
            assert apart == (gaps.pop() if is_even else 0)
            checked += apart > 0
    assert checked > 10


def refusal(given: dict[str, Any], count: int) -> BlockError:
    args = resolve_arguments(BLOCKS["fft"], given)
    with pytest.raises(BlockError) as caught:
        infer(BLOCKS["fft"], (TensorType("i16", (count,)),), args)
    return caught.value


def test_what_cannot_be_a_stream_is_refused_with_what_could() -> None:
    error = refusal({"window_samples": 16000}, 320)
    assert str(error).startswith("fft's frames are 318 samples apart")
    assert "multiple of 318, at most 16000" in error.remedy
    error = refusal({"window_samples": 12000}, 318)
    assert "cannot space 49 frames evenly in a window of 12000" in str(error)
    least, most = (int(word) for word in error.remedy.split() if word.isdigit() and len(word) > 3)
    for window in (least, most):
        args = resolve_arguments(BLOCKS["fft"], {"window_samples": window})
        infer(BLOCKS["fft"], (TensorType("i16", (318,)),), args)
        infer(BLOCKS["fft"], (TensorType("i16", (3180,)),), args)
    refusal({"window_samples": least - 1}, 318)
    refusal({"window_samples": most + 1}, 318)
    assert "f32 or q15" in str(refusal({"arithmetic": "q31"}, 16000))
