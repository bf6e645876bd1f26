"""The functions of `dsp` in the firmware: windows, mel bands, logarithm, pictures."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from runicd.blocks.spectrum import hann_window, mel_filterbank
from tests.board import run_ok

PRELUDE = """
import dsp, sys
from array import array

def load(path, typecode):
    with open(path, "rb") as file:
        return array(typecode, file.read())

def store(path, data):
    with open(path, "wb") as file:
        file.write(data)

def refused(*calls):
    for call in calls:
        try:
            call()
            print("accepted")
        except (ValueError, TypeError) as error:
            print(type(error).__name__, error)
"""


def test_windows_are_the_known_ones() -> None:
    script = """
import json
lengths = (1, 2, 5, 480, 512)
kinds = ("rectangle", "hann", "hamming", "blackman")
print(json.dumps([[kind, n, list(dsp.window(kind, n))] for kind in kinds for n in lengths]))
"""
    known = {
        "rectangle": np.ones,
        "hann": np.hanning,
        "hamming": np.hamming,
        "blackman": np.blackman,
    }
    for kind, length, values in json.loads(run_ok(PRELUDE + script, heap="1m")):
        np.testing.assert_allclose(values, known[kind](length), atol=2e-6)


def test_the_hann_window_is_the_reference_one(tmp_path: Path) -> None:
    run_ok(PRELUDE + 'store(sys.argv[1] + "/w", dsp.window("hann", 512))', tmp_path)
    own = np.fromfile(tmp_path / "w", np.float32)
    np.testing.assert_allclose(own, hann_window(512), rtol=1e-6, atol=6e-8)


@pytest.mark.parametrize(
    ("rate", "rows", "mels"), [(16000, 241, 40), (8000, 129, 20), (96000, 1025, 512), (1000, 9, 1)]
)
def test_mel_bands_are_the_reference_ones(rate: int, rows: int, mels: int, tmp_path: Path) -> None:
    power = np.random.default_rng(rows).random(rows).astype(np.float32)
    power.tofile(tmp_path / "power")
    script = """
power = load(sys.argv[1] + "/power", "f")
out = array("f", [0] * int(sys.argv[2]))
store(sys.argv[1] + "/out", dsp.mel_filterbank(power, out, int(sys.argv[3])))
"""
    run_ok(PRELUDE + script, tmp_path, str(mels), str(rate))
    own = np.fromfile(tmp_path / "out", np.float32)
    bands = mel_filterbank(rate, 2 * (rows - 1), mels)
    reference = [
        np.dot(power[band.start_row :][: len(band.weights)].astype(np.float64), band.weights)
        for band in bands
    ]
    np.testing.assert_allclose(own, reference, rtol=1e-5)


def test_log_has_a_floor(tmp_path: Path) -> None:
    script = """
values = array("f", [1, 2.718281828, 1e-20, 0, -5, float("nan"), 1e30])
print([round(x, 4) for x in dsp.log(values, values)])
print([round(x, 4) for x in dsp.log(array("f", [0.5, 4]), array("f", [0, 0]), 1.0)])
"""
    assert run_ok(PRELUDE + script).splitlines() == [
        "[0.0, 1.0, -27.631, -27.631, -27.631, -27.631, 69.0776]",
        "[0.0, 1.3863]",
    ]


def resize(
    picture: np.ndarray, height: int, width: int, filter_name: str, folder: Path
) -> np.ndarray:
    picture.tofile(folder / "picture")
    channels = picture.shape[2]
    script = """
source = load(sys.argv[1] + "/picture", "B")
shape, target, name = eval(sys.argv[2]), eval(sys.argv[3]), sys.argv[4]
out = bytearray(target[0] * target[1] * target[2])
store(sys.argv[1] + "/out", dsp.resize(source, shape, out, target, name))
"""
    target = (height, width, channels)
    run_ok(PRELUDE + script, folder, str(picture.shape), str(target), filter_name, heap="4m")
    return np.fromfile(folder / "out", np.uint8).reshape(target)


@pytest.mark.parametrize("filter_name", ["bilinear", "catmull-rom"])
@pytest.mark.parametrize("size", [(7, 9), (24, 32), (100, 3), (1, 1), (48, 64), (96, 96)])
def test_resized_pictures_look_like_pillows(
    size: tuple[int, int], filter_name: str, tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)
    # Pillow cuts off what overshoots between its two directions: nothing may overshoot here.
    smooth = rng.integers(80, 170, (6, 8, 3))
    picture = np.kron(smooth, np.ones((8, 8, 1))).astype(np.uint8)
    picture[::5] = rng.integers(80, 170, picture[::5].shape)
    own = resize(picture, *size, filter_name, tmp_path)
    kind = Image.Resampling.BILINEAR if filter_name == "bilinear" else Image.Resampling.BICUBIC
    pillow = np.asarray(Image.fromarray(picture).resize((size[1], size[0]), kind))
    # It also rounds there; ours does not.
    assert np.abs(own.astype(int) - pillow).max() <= 1
    assert np.abs(own.astype(int) - pillow).mean() < 0.3


def test_a_picture_of_the_same_size_stays_as_it_is(tmp_path: Path) -> None:
    picture = np.random.default_rng(2).integers(0, 256, (5, 7, 1), dtype=np.uint8)
    np.testing.assert_array_equal(resize(picture, 5, 7, "catmull-rom", tmp_path), picture)
    np.testing.assert_array_equal(resize(picture, 5, 7, "bilinear", tmp_path), picture)


def test_pixels_change_their_format() -> None:
    script = """
pixels = bytearray([10, 20, 30, 255, 255, 255, 0, 0, 0, 200, 100, 50])
def show(source, kind, target, size):
    print(list(dsp.convert_pixels(source, kind, bytearray(size), target)))
show(pixels, "rgb", "bgr", 12)
show(pixels, "bgr", "rgb", 12)
show(pixels, "rgb", "gray", 4)
show(pixels, "bgr", "gray", 4)
show(bytes([7, 9]), "gray", "rgb", 6)
show(bytes([7, 9]), "gray", "gray", 2)
show(pixels, "rgb", "rgb", 12)
print(list(dsp.convert_pixels(pixels, "rgb", pixels, "bgr"))[:3])
"""
    red, green, blue = 2126, 7152, 722
    rgb = [(10, 20, 30), (255, 255, 255), (0, 0, 0), (200, 100, 50)]
    luma = [(red * r + green * g + blue * b) // 10000 for r, g, b in rgb]
    swapped_luma = [(red * b + green * g + blue * r) // 10000 for r, g, b in rgb]
    swapped = [value for pixel in rgb for value in reversed(pixel)]
    plain = [value for pixel in rgb for value in pixel]
    lines: list[Any] = [json.loads(line) for line in run_ok(PRELUDE + script).splitlines()]
    assert lines[:4] == [swapped, swapped, luma, swapped_luma]
    assert lines[4:] == [[7, 7, 7, 9, 9, 9], [7, 9], plain, [30, 20, 10]]


def test_unsuitable_buffers_and_values_are_refused() -> None:
    script = """
floats, bands = array("f", [0] * 32), array("f", [0] * 4)
picture = bytearray(12)
refused(
    lambda: dsp.rfft(floats, array("f", [0] * 31)),
    lambda: dsp.rfft(array("f", [0] * 48), array("f", [0] * 48)),
    lambda: dsp.rfft(array("f", []), array("f", [])),
    lambda: dsp.rfft(array("f", [0] * 8192), array("f", [0] * 8192)),
    lambda: dsp.rfft(array("i", [0] * 32), floats),
    lambda: dsp.rfft(floats, bytes(128)),
    lambda: dsp.rfft(bytearray(127), floats),
    lambda: dsp.power(floats, floats),
    lambda: dsp.window("round", 4),
    lambda: dsp.window("hann", 0),
    lambda: dsp.window("hann", 1 << 30),
    lambda: dsp.mel_filterbank(bands, bands, 16000),
    lambda: dsp.mel_filterbank(floats, bands, 0),
    lambda: dsp.mel_filterbank(floats, array("f", []), 16000),
    lambda: dsp.log(floats, bands),
    lambda: dsp.log(bands, bands, 0),
    lambda: dsp.resize(picture, (2, 2, 3), picture, (3, 2, 3)),
    lambda: dsp.resize(picture, (2, 2, 3), picture, (2, 2, 1)),
    lambda: dsp.resize(picture, (0, 2, 3), picture, (2, 2, 3)),
    lambda: dsp.resize(picture, (1 << 40, 1 << 40, 3), picture, (2, 2, 3)),
    lambda: dsp.resize(picture, (2, 2), picture, (2, 2)),
    lambda: dsp.resize(picture, (2, 2, 3), bytes(12), (2, 2, 3)),
    lambda: dsp.resize(picture, (2, 2, 3), picture, (2, 2, 3), "nearest"),
    lambda: dsp.convert_pixels(picture, "rgb", bytearray(3), "gray"),
    lambda: dsp.convert_pixels(bytearray(4), "rgb", picture, "bgr"),
    lambda: dsp.convert_pixels(picture, "hsv", picture, "rgb"),
    lambda: dsp.arguments("nothing"),
)
"""
    lines = run_ok(PRELUDE + script, heap="1m").splitlines()
    assert len(lines) == 27
    assert "accepted" not in lines
    assert lines[1] == "ValueError length must be a power of two from 32 to 4096"
    assert lines[5] == "TypeError object with buffer protocol required"
    assert lines[16] == "ValueError picture larger than its buffer"
    assert lines[-1] == "ValueError no block 'nothing'"


def test_an_unknown_window_is_answered_with_the_known_ones() -> None:
    script = """
import dsp
try:
    dsp.window("han", 4)
except ValueError as error:
    print(error)
"""
    told = run_ok(script)
    assert told.startswith("unknown 'han'; there is ")
    for kind in told.strip().partition("there is ")[2].split(", "):
        assert run_ok(f"import dsp; print(len(dsp.window({kind!r}, 4)))") == "4\n"
    assert "hann" in told
