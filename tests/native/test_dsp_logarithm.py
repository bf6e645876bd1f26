"""The logarithm by parabolas is the one by squaring, also where its last digit changes."""

import ctypes
import subprocess
from pathlib import Path

import numpy as np
import pytest

from runicd.blocks.exact_maths import log2_fixed
from tests.board import ROOT

DSP = ROOT / "native_modules" / "dsp"
LOOP = """
#include "dsp_exact.h"
void run(const uint64_t *values, int32_t *results, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
        results[i] = dsp_log2_q16(values[i]);
    }
}
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    folder: Path = tmp_path_factory.mktemp("logarithm")
    (folder / "loop.c").write_text(LOOP)
    sources = [str(folder / "loop.c"), str(DSP / "dsp_exact.c")]
    out = folder / "loop.so"
    command = ["gcc", "-O2", "-shared", "-fPIC", f"-I{DSP}", "-o", str(out), *sources]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(out))


def logarithms(library: ctypes.CDLL, values: np.ndarray) -> np.ndarray:
    results = np.empty(len(values), np.int32)
    library.run(
        values.ctypes.data_as(ctypes.c_void_p),
        results.ctypes.data_as(ctypes.c_void_p),
        ctypes.c_uint32(len(values)),
    )
    return results


def test_where_the_last_digit_changes(library: ctypes.CDLL) -> None:
    steps = np.rint(np.exp2(31 + np.arange(1 << 16) / (1 << 16))).astype(np.uint64)
    values = (steps[:, None] + np.arange(-2, 3).astype(np.uint64)).reshape(-1)
    expected = log2_fixed(values, 16)
    np.testing.assert_array_equal(logarithms(library, values), expected)
    # They are where it does.
    assert (np.diff(expected.reshape(-1, 5), axis=1).max(axis=1) > 0).mean() > 0.99


def test_of_every_size(library: ctypes.CDLL) -> None:
    chance = np.random.default_rng(1)
    shifts = chance.integers(0, 64, 300_000).astype(np.uint64)
    values = (chance.integers(0, 1 << 64, 300_000, np.uint64) >> shifts) | np.uint64(1)
    powers = np.uint64(1) << np.arange(64, dtype=np.uint64)
    ends = np.array([(1 << 64) - 1, (1 << 32) - 1, (1 << 31) - 1], np.uint64)
    values = np.concatenate((values, powers, ends))
    np.testing.assert_array_equal(logarithms(library, values), log2_fixed(values, 16))
