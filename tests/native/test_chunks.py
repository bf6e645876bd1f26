"""Module chunks cuts where the host does, of any data."""

from pathlib import Path

import numpy as np
import pytest

from runicd.cast.chunks import chunks
from tests.board import ROOT, run_ok, run_script

LENGTHS = """
import chunks, sys
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        data = file.read()
    at, lengths = 0, []
    while at < len(data):
        lengths.append(chunks.cut(memoryview(data), at))
        at += lengths[-1]
    print(*lengths)
"""


def samples() -> list[bytes]:
    chance = np.random.default_rng(5)
    noise = chance.integers(0, 256, 100_000, dtype=np.uint8).tobytes()
    weights = chance.normal(0, 20, 50_000).clip(-127, 127).astype("i1").tobytes()
    model = (ROOT / "runes" / "microspeech" / "microspeech.tflite").read_bytes()
    runs = [bytes([byte]) * 10_000 for byte in (0, 1, 0x7F, 0xFF)]
    short = [noise[:length] for length in (1, 31, 32, 255, 256, 257, 4095, 4096, 4097)]
    return [noise, weights, model, noise[:64] * 300, *runs, *short]


def test_board_and_host_cut_alike(tmp_path: Path) -> None:
    paths = []
    for number, data in enumerate(samples()):
        paths.append(tmp_path / str(number))
        paths[-1].write_bytes(data)
    printed = run_ok(LENGTHS, *paths, heap="2m").splitlines()
    expected = [[one.length for one in chunks(data)] for data in samples()]
    assert [[int(word) for word in line.split()] for line in printed] == expected
    assert len(expected[0]) > 50


def test_nothing_is_no_chunk() -> None:
    assert run_ok("import chunks; print(chunks.cut(b''), chunks.cut(b'abc', 3))") == "0 0\n"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ("'abc'", ""),
        ("5", "TypeError"),
        ("b'abc', 4", "ValueError: the offset is outside the data"),
        ("b'abc', -1", "ValueError: the offset is outside the data"),
        ("b'abc', 1.0", "TypeError: an integer is wanted"),
        ("b'abc', 1 << 80", "OverflowError"),
        ("", "TypeError"),
    ],
)
def test_wrong_arguments_raise(arguments: str, error: str) -> None:
    script = f"import chunks; chunks.cut({arguments})"
    if error:
        assert error in run_script(script).errors
    else:
        run_ok(script)
