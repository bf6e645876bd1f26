"""What a user's files become for a simulated board's sensors."""

import struct
import wave
from pathlib import Path

import pytest
from PIL import Image

from runicd.errors import InputError
from runicd.sim.sensors import Sources


def write_wav(
    path: Path, data: bytes, channels: int = 1, width: int = 2, rate: int = 8000
) -> Path:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(width)
        sound.setframerate(rate)
        sound.writeframes(data)
    return path


def wav_head(width: int, rate: int = 8000) -> bytes:
    """Return a WAV file of stereo samples as wide as that, as no library makes."""
    head = struct.pack("<HHIIHH", 1, 2, rate, 0, 2 * width, 8 * width)
    return b"RIFF\x2c\0\0\0WAVEfmt \x10\0\0\0" + head + b"data\x08\0\0\0" + bytes(8)


def read_wav(path: str) -> tuple[int, int, int, bytes]:
    with wave.open(path, "rb") as sound:
        frames = sound.readframes(sound.getnframes())
        return sound.getnchannels(), sound.getsampwidth(), sound.getframerate(), frames


def converted(tmp_path: Path, **sources: tuple[Path, ...]) -> str:
    arguments = Sources(**sources).arguments(tmp_path / "sensors")  # type: ignore[arg-type]
    assert arguments[0] == f"--{next(iter(sources))}"
    assert len(arguments) == 2
    return arguments[1]


def test_sixteen_bit_mono_goes_as_it_is(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "a.wav", b"\1\2\3\4")
    assert converted(tmp_path, sound=(path,)) == str(path)
    assert not (tmp_path / "sensors").exists()


@pytest.mark.parametrize(
    ("data", "channels", "width", "samples"),
    [
        (struct.pack("<4h", 100, 200, -300, -500), 2, 2, (150, -400)),
        (bytes([128, 255, 0]), 1, 1, (0, 127 << 8, -(128 << 8))),
        (bytes([9, 0x34, 0x12]) + bytes([0, 0, 0x80]), 1, 3, (0x1234, -0x8000)),
        (struct.pack("<2i", 0x12345678, -0x10000), 1, 4, (0x1234, -1)),
    ],
)
def test_other_pcm_becomes_sixteen_bit_mono(
    tmp_path: Path, data: bytes, channels: int, width: int, samples: tuple[int, ...]
) -> None:
    path = write_wav(tmp_path / "a.wav", data, channels, width, 44100)
    expected = (1, 2, 44100, struct.pack(f"<{len(samples)}h", *samples))
    assert read_wav(converted(tmp_path, sound=(path,))) == expected


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".gif"])
def test_images_become_ppm(tmp_path: Path, suffix: str) -> None:
    image = Image.new("RGB", (3, 2), (255, 0, 0))
    path = tmp_path / f"a{suffix}"
    image.save(path)
    written = Path(converted(tmp_path, image=(path,))).read_bytes()
    assert written == b"P6\n3 2\n255\n" + b"\xff\0\0" * 6


@pytest.mark.parametrize("data", [b"P6\n1 1\n255\nabc", b"P5\n# gray\n2 # wide\n1 255 ab"])
def test_ppm_and_pgm_go_as_they_are(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.ppm"
    path.write_bytes(data)
    assert converted(tmp_path, image=(path,)) == str(path)


def test_a_picture_of_more_bits_becomes_one_that_boards_read(tmp_path: Path) -> None:
    path = tmp_path / "a.pgm"
    path.write_bytes(b"P2\n2 1\n15\n0 15\n")
    written = Path(converted(tmp_path, image=(path,))).read_bytes()
    assert written == b"P6\n2 1\n255\n" + bytes(3) + b"\xff" * 3


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "x,y,z\n1,2,3\n# rest\n\n4;5;6.5\n"),
        ("a.csv", "1 2 3\n4 5 6.5"),
        ("a.json", "[[1, 2, 3], [4, 5, 6.5]]"),
        ("a.json", "[1, 2, 3, 4, 5, 6.5]"),
    ],
)
def test_motion_tables_become_triples(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    written = Path(converted(tmp_path, accelerometer=(path,))).read_bytes()
    assert struct.unpack("<6f", written) == (1, 2, 3, 4, 5, 6.5)


def test_files_keep_their_order_and_never_collide(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.csv").write_text("1,2,3")
    paths = (tmp_path / "two" / "a.csv", tmp_path / "one" / "a.csv")
    arguments = Sources(accelerometer=paths).arguments(tmp_path / "sensors")
    assert arguments[0::2] == ["--accelerometer"] * 2
    assert arguments[1] != arguments[3]
    assert sorted(arguments[1::2]) == arguments[1::2]


def test_a_folder_stands_for_its_files_of_that_kind_in_order(tmp_path: Path) -> None:
    for name in ("b.wav", "a.wav", "C.WAV"):
        write_wav(tmp_path / name, b"\0\0")
    (tmp_path / "notes.txt").write_text("no sound")
    (tmp_path / "more.wav").mkdir()
    arguments = Sources(sound=(tmp_path,)).arguments(tmp_path / "sensors")
    assert [Path(path).name for path in arguments[1::2]] == ["C.WAV", "a.wav", "b.wav"]


def test_the_seed_is_handed_on(tmp_path: Path) -> None:
    assert Sources(random=0).arguments(tmp_path) == ["--random", "0"]
    assert Sources().arguments(tmp_path) == []


@pytest.mark.parametrize(
    ("kind", "name", "data", "words"),
    [
        ("sound", "a.wav", b"no sound at all", "not a PCM WAV file"),
        ("sound", "a.wav", b"", "a.wav: is empty; give --sound a file with data"),
        ("sound", "a.wav", wav_head(width=2, rate=0), "samples of 16 bits at 0 Hz"),
        ("sound", "a.wav", b"RIFF\x24\0\0\0WAVEfmt ", "not a PCM WAV file"),
        ("sound", "a.wav", wav_head(width=32), "samples of 256 bits at 8000 Hz"),
        ("sound", "a.wav", wav_head(width=3, rate=4_000_000_000), "at 4000000000 Hz"),
        ("image", "a.ppm.png", b"P6 20000 9000 255\n", "is no picture that can be read"),
        (
            "image",
            "a.png",
            b"no image",
            "is no picture .*; give PNG, JPEG, BMP, GIF, WebP, PPM or",
        ),
        ("image", "a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is no picture that can be read"),
        ("image", "a.ppm", b"P6\n2 2\n255\nabc", "a.ppm: is no picture .*, or not all of one"),
        ("image", "a.pgm", b"P5\n5000 1\n255\n" + bytes(5000), "boards read 4096 x 4096"),
        ("image", "a.pgm", b"", "a.pgm: is empty"),
        ("raw", "a.raw", b"", "a.raw: is empty"),
        ("accelerometer", "a.csv", b"1,2\n", "a.csv:1: 2 numbers instead of x, y, z"),
        ("accelerometer", "a.csv", b"1,2,3\n4,five,6\n", "a.csv:2: not a line of numbers"),
        ("accelerometer", "a.csv", b"", "a.csv: is empty; give --accelerometer a file with"),
        ("accelerometer", "a.f32", b"", "a.f32: is empty"),
        ("accelerometer", "a.csv", b"x,y,z\n", "0 numbers .*; give lines of x, y, z"),
        ("accelerometer", "a.csv", b"1,2,3\n4,5", "a.csv:2: 2 numbers .*; complete it, or"),
        ("accelerometer", "a.csv", b"1,2,3\n4,nan,6\n", "that no sensor gives: nan or inf"),
        ("accelerometer", "a.csv", b"\xff\xfe1", "not text"),
        ("accelerometer", "a.json", b"[1, 2", "a.json:1: not JSON"),
        ("accelerometer", "a.json", b'[1, "2", 3]', "something else than numbers"),
        ("accelerometer", "a.json", b"[1, 2, 3, 4]", "4 numbers are no x, y, z triples"),
        ("accelerometer", "a.csv", b"1,2,1e300\n", "a number that float32 cannot"),
        ("accelerometer", "a.json", b"[1, 2, 1e300]", "a number that float32 cannot"),
        ("accelerometer", "a.json", b"[1, 2, 1" + bytes([48]) * 400 + b"]", "no table of num"),
        ("accelerometer", "a.json", b"[" * 100_000, "is no table of numbers"),
        ("accelerometer", "a.f32", b"12345", "5 bytes are no float32 x, y, z triples"),
    ],
)
def test_bad_files_are_named(
    tmp_path: Path, kind: str, name: str, data: bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError, match=words):
        Sources(**{kind: (path,)}).arguments(tmp_path / "sensors")


@pytest.mark.parametrize("kind", ["sound", "image", "accelerometer", "raw"])
def test_missing_files_and_empty_folders_are_named(tmp_path: Path, kind: str) -> None:
    with pytest.raises(InputError, match="nowhere: no such file"):
        Sources(**{kind: (tmp_path / "nowhere",)}).arguments(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty: no files for"):
        Sources(**{kind: (tmp_path / "empty",)}).arguments(tmp_path)
