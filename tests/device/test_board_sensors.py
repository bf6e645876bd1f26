"""The simulated board's sensors, read as drivers in the firmware."""

import math
import struct
import wave
from pathlib import Path

import pytest

from tests.board import run_ok, run_script

FMT = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0"
READ = """
import sys
import sensors, sim
from runicos.contract.errors import RuneError
kind, count, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
params = eval(sys.argv[4])
options = sim.parse(["--flash", "x"] + sys.argv[5:])
driver = sensors.open_driver(kind, params, options)
buffer = memoryview(bytearray(size))
for _ in range(count):
    try:
        assert driver.readinto(buffer) == size
        print(bytes(buffer).hex())
    except RuneError as error:
        print("error", error.code, error.arguments)
"""


def read(
    kind: str, count: int, size: int, params: dict[str, int], *options: object
) -> list[bytes]:
    words = [str(word) for word in (kind, count, size, params, *options)]
    lines = run_ok(READ, *words).splitlines()
    return [line.encode() if line[:5] == "error" else bytes.fromhex(line) for line in lines]


def write_wav(path: Path, samples: list[int], rate: int = 16_000, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as writer:
        writer.setparams((channels, 2, rate, 0, "NONE", ""))
        writer.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return path


def samples_of(window: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(window) // 2}h", window))


def test_windows_go_through_the_files_and_start_over(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"abcdef")
    two.write_bytes(b"XY")
    got = read("RAW", 5, 4, {}, "--raw", one, "--raw", two)
    assert got == [b"abcd", b"ef\0\0", b"XY\0\0", b"abcd", b"ef\0\0"]


def test_with_once_the_end_is_an_error(tmp_path: Path) -> None:
    one = tmp_path / "one"
    one.write_bytes(b"abcd")
    got = read("ACCEL", 2, 4, {}, "--accelerometer", one, "--once")
    assert got == [b"abcd", b"error 61 ('ACCEL',)"]


def test_source_picks_one_file(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"1")
    two.write_bytes(b"2")
    assert read("RAW", 2, 1, {"source": 1}, "--raw", one, "--raw", two) == [b"2", b"2"]
    finished = run_script(READ, "RAW", "1", "1", "{'source': 2}", "--raw", one, "--raw", two)
    assert "source 2 of 2 RAW files" in finished.errors


def test_an_empty_file_is_a_window_of_zeros(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    assert read("RAW", 2, 3, {}, "--raw", empty) == [b"\0\0\0"] * 2


def test_sound_of_the_right_rate_is_the_file(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", [1, -2, 3, -4, 32767, -32768, 7])
    got = read("SOUND", 3, 6, {"hz": 16_000}, "--sound", path)
    assert [samples_of(window) for window in got] == [[1, -2, 3], [-4, 32767, -32768], [7, 0, 0]]


def test_sound_after_the_end_of_the_data_is_not_heard(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", [1, 2])
    path.write_bytes(path.read_bytes() + b"LIST\x04\0\0\0junk")
    got = read("SOUND", 1, 8, {"hz": 16_000}, "--sound", path)
    assert samples_of(got[0]) == [1, 2, 0, 0]


def test_two_channels_become_their_mean(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", [100, 300, -100, -301], channels=2)
    got = read("SOUND", 1, 6, {"hz": 16_000}, "--sound", path)
    assert samples_of(got[0]) == [200, -201, 0]


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000])
def test_a_tone_keeps_its_pitch_at_another_rate(tmp_path: Path, rate: int) -> None:
    """A tone of 200 Hz, resampled to 16 kHz, is the tone of 200 Hz at 16 kHz."""
    tone = [round(10_000 * math.sin(2 * math.pi * 200 * n / rate)) for n in range(rate // 4)]
    path = write_wav(tmp_path / "a.wav", tone, rate)
    got = read("SOUND", 4, 1600, {"hz": 16_000}, "--sound", path)
    heard = [sample for window in got for sample in samples_of(window)]
    # Averaging over several samples delays by up to one sample of the source.
    errors = []
    for shift in (0.0, 0.5, 1.0, 1.5):
        wanted = [
            10_000 * math.sin(2 * math.pi * 200 * (n / 16_000 - shift / rate))
            for n in range(len(heard))
        ]
        pairs = list(zip(heard, wanted, strict=True))[10:]
        errors.append(max(abs(one - other) for one, other in pairs))
    assert min(errors) < 500


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"RIFF",
        b"RIFF\0\0\0\0WAVE",
        b"RIFF\0\0\0\0WAVEfmt \xff\xff\xff\xff",
        b"RIFF\0\0\0\0WAVEdata\x04\0\0\0abcd",
        FMT + struct.pack("<HHIIHH", 3, 1, 16000, 0, 0, 32) + b"data\0\0\0\0",
        FMT + struct.pack("<HHIIHH", 1, 0, 16000, 0, 0, 16) + b"data\0\0\0\0",
    ],
)  # fmt: skip
def test_sound_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    finished = run_script(READ, "SOUND", "1", "4", "{'hz': 16000}", "--sound", path)
    assert "ValueError" in finished.errors


def test_a_picture_is_resized_and_gets_the_format(tmp_path: Path) -> None:
    path = tmp_path / "a.ppm"
    path.write_bytes(b"P6\n# made by hand\n4 4\n255\n" + bytes([200, 100, 50]) * 16)
    size = {"width": 2, "height": 2}
    assert read("IMAGE", 1, 12, size, "--image", path) == [bytes([200, 100, 50]) * 4]
    assert read("IMAGE", 1, 12, size | {"pixel_format": 1}, "--image", path) == [
        bytes([50, 100, 200]) * 4
    ]
    (gray,) = read("IMAGE", 1, 4, size | {"pixel_format": 2}, "--image", path)
    assert len(set(gray)) == 1
    assert 100 < gray[0] < 130


def test_a_gray_picture_serves_colour_too(tmp_path: Path) -> None:
    path = tmp_path / "a.pgm"
    path.write_bytes(b"P5 2 1 255\n" + bytes([10, 250]))
    size = {"width": 2, "height": 1}
    assert read("IMAGE", 1, 2, size | {"pixel_format": 2}, "--image", path) == [bytes([10, 250])]
    assert read("IMAGE", 1, 6, size, "--image", path) == [bytes([10] * 3 + [250] * 3)]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"P3 1 1 255\n0 0 0",
        b"P6 2 2 255\nabc",
        b"P6 0 2 255\n",
        b"P6 99999 2 255\n",
        b"P6 2 2 65535\n" + bytes(24),
        b"P6 999999999999 1 255\n",
        b"P6 # no end",
    ],
)
def test_a_picture_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.ppm"
    path.write_bytes(content)
    size = "{'width': 1, 'height': 1}"
    finished = run_script(READ, "IMAGE", "1", "3", size, "--image", path)
    assert "ValueError" in finished.errors


def test_random_numbers_follow_their_seed(tmp_path: Path) -> None:
    one = read("RAND", 2, 16, {}, "--random", "7")
    assert read("RAND", 2, 16, {}, "--random", "7") == one
    assert read("RAND", 2, 16, {}, "--random", "8") != one
    assert one[0] != one[1]


@pytest.mark.parametrize(
    "words",
    [[], ["--flash"], ["--flash", "x", "--wings"], ["--flash", "x", "--tcp", "many"], ["hello"]],
)
def test_a_wrong_command_line_ends_with_the_usage(words: list[str]) -> None:
    finished = run_script("import sys, sim\nsim.main()", *words)
    assert finished.status == 2
    assert "usage: micropython -m sim" in finished.errors
