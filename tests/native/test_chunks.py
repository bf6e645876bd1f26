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


PARTS = """
import chunks, sys
data = bytes([(at * at + 7 * at) >> 5 & 255 for at in range(9000)])
cuts = [int(at) for at in sys.argv[1].split(",")]
parts = tuple([memoryview(data)[at:end] for at, end in zip([0] + cuts, cuts + [len(data)])])
for at in range(0, len(data) + 1, 250):
    assert chunks.cut(parts, at) == chunks.cut(data, at), at
print("same")
"""


@pytest.mark.parametrize(
    "cuts", ["0", "9000", "1", "224,224,256", "4500", "100,230,300,1000,8999"]
)
def test_a_file_in_parts_is_cut_as_if_it_were_in_one(cuts: str) -> None:
    assert run_ok(PARTS, cuts) == "same\n"


@pytest.mark.parametrize("parts", ["()", "(b'',) * 10", "(1,)", "[b'']"])
def test_what_is_no_file_in_parts_is_refused(parts: str) -> None:
    script = f"import chunks; chunks.cut({parts})"
    assert ("ValueError" in run_script(script).errors) or (
        "TypeError" in run_script(script).errors
    )


def test_a_view_is_found_in_its_file_and_nowhere_else() -> None:
    script = """
import chunks
first, second = memoryview(b"abcdef"), memoryview(b"ghijkl")
parts = (first[:4], second[2:])
for view in (first, first[:4], first[1:3], second[2:], second[4:], second[6:]):
    try:
        print(chunks.offset(parts, view), end=" ")
    except ValueError:
        print("none", end=" ")
print(chunks.offset(first, first[5:]))
"""
    assert run_ok(script) == "none 0 1 4 6 8 5\n"
