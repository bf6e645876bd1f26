"""Turns the files a user gives into what a simulated board's sensors read.

WAV files of 16-bit PCM, PPM and PGM images, and raw bytes go as they are; other images become
PPM, motion tables become raw float32 triples. A folder stands for its files in order of name.
"""

from __future__ import annotations

import json
import struct
import warnings
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runicd.errors import InputError
from runicd.files import read_bytes

KINDS = {"sound": "SOUND", "image": "IMAGE", "accelerometer": "ACCEL", "raw": "RAW"}
"""The capability behind each option."""
_AS_THEY_ARE = {"image": (".ppm", ".pgm"), "accelerometer": (".f32", ".bin", ".raw")}
_SUFFIXES = {
    "sound": (".wav",),
    "image": (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".ppm", ".pgm"),
    "accelerometer": (".csv", ".json", ".f32", ".bin", ".raw"),
}
_TRIPLE_BYTES = 12
_SAMPLE_MOST_BYTES = 4
_MOST_HZ = 768_000


@dataclass(frozen=True, slots=True)
class Sources:
    """The files behind each sensor, in the order they are read, and the seed of RAND."""

    sound: tuple[Path, ...] = ()
    image: tuple[Path, ...] = ()
    accelerometer: tuple[Path, ...] = ()
    raw: tuple[Path, ...] = ()
    random: int | None = None

    @property
    def any_files(self) -> bool:
        """Tell whether any sensor reads from files."""
        return bool(self.sound or self.image or self.accelerometer or self.raw)

    def files(self, folder: Path) -> list[tuple[str, Path]]:
        """Return (option, file that a board can read), converting into `folder`.

        Raises InputError for a bad file.
        """
        return [
            (option, _convert(option, path, folder))
            for option in KINDS
            for path in _expand(option, getattr(self, option))
        ]

    def arguments(self, folder: Path) -> list[str]:
        """Return the board's arguments, converting into `folder`; InputError for a bad file."""
        given = self.files(folder)
        arguments = [word for option, path in given for word in (f"--{option}", str(path))]
        if self.random is not None:
            arguments += ["--random", str(self.random)]
        return arguments


def _expand(kind: str, paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        suffixes = _SUFFIXES.get(kind)
        inside = sorted(
            entry
            for entry in path.iterdir()
            if entry.is_file() and (suffixes is None or entry.suffix.lower() in suffixes)
        )
        if not inside:
            raise InputError(f"no files for --{kind} in this folder", where=str(path))
        found += inside
    return found


def _convert(kind: str, path: Path, folder: Path) -> Path:
    """Return the path of a file that the board can read."""
    if not path.is_file():
        raise InputError(
            "no such file", where=str(path), remedy=f"give --{kind} a file that exists"
        )
    suffix = path.suffix.lower()
    if kind == "sound":
        return _convert_sound(path, folder)
    if kind == "raw" or suffix in _AS_THEY_ARE[kind]:
        if kind == "accelerometer" and path.stat().st_size % _TRIPLE_BYTES:
            raise InputError(
                f"{path.stat().st_size} bytes are no float32 x, y, z triples", where=str(path)
            )
        return path.absolute()
    if kind == "image":
        return _write(folder, path, ".ppm", _image_bytes(path))
    return _write(folder, path, ".f32", _motion_bytes(path))


def _write(folder: Path, source: Path, suffix: str, data: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{len(list(folder.iterdir())):04}-{source.stem}{suffix}"
    target.write_bytes(data)
    return target.absolute()


def _convert_sound(path: Path, folder: Path) -> Path:
    """Check a WAV file; 16-bit mono goes as it is, other PCM is converted to it."""
    try:
        with wave.open(str(path), "rb") as sound:
            channels, width, rate = (
                sound.getnchannels(),
                sound.getsampwidth(),
                sound.getframerate(),
            )
            if width == 2 and channels == 1:
                return path.absolute()
            if width > _SAMPLE_MOST_BYTES or rate > _MOST_HZ:
                raise wave.Error(f"samples of {8 * width} bits at {rate} Hz")
            frames = sound.readframes(sound.getnframes())
    except (wave.Error, EOFError, RuntimeError) as error:  # RuntimeError: a chunk runs past it
        raise InputError(
            f"not a PCM WAV file ({error or 'it ends early'})",
            where=str(path),
            remedy="convert it, for instance with sox or ffmpeg",
        ) from error
    samples = _mono_samples(frames, channels, width)
    converted = _write(folder, path, ".wav", b"")
    with wave.open(str(converted), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(samples)
    return converted


def _mono_samples(frames: bytes, channels: int, width: int) -> bytes:
    """Return PCM of 8, 16, 24 or 32 bits and any channels as 16-bit mono, the channels' mean."""
    import numpy as np  # noqa: PLC0415 - slow to load, and rarely needed

    # A file that was cut short may end within a sample.
    data = np.frombuffer(frames, np.uint8, len(frames) // width * width)
    if width == 1:
        samples = (data.astype(np.int32) - 128) << 8
    else:
        # The two highest bytes of each little-endian sample.
        samples = data.reshape(-1, width)[:, -2:].copy().view("<i2")[:, 0].astype(np.int32)
    whole = samples[: len(samples) // channels * channels].reshape(-1, channels)
    mono: bytes = whole.mean(axis=1).round().astype("<i2").tobytes()
    return mono


def _image_bytes(path: Path) -> bytes:
    """Return an image that pillow can read as binary PPM."""
    from PIL import Image  # noqa: PLC0415 - slow to load

    huge = (Image.DecompressionBombError, Image.DecompressionBombWarning)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                pixels = image.convert("RGB")
    except (OSError, ValueError, SyntaxError, *huge) as error:
        raise InputError(
            "not an image that can be read", where=str(path), remedy="give a PNG, JPEG or PPM"
        ) from error
    width, height = pixels.size
    return b"P6\n%d %d\n255\n" % (width, height) + pixels.tobytes()


def _motion_bytes(path: Path) -> bytes:
    """Return a table of x, y, z as raw little-endian float32."""
    try:
        text = read_bytes(path).decode()
    except UnicodeDecodeError as error:
        raise InputError("not text", where=str(path), remedy="give CSV, JSON or .f32") from error
    numbers = (
        _json_numbers(path, text) if path.suffix.lower() == ".json" else _csv_numbers(path, text)
    )
    if not numbers or len(numbers) % 3:
        raise InputError(f"{len(numbers)} numbers are no x, y, z triples", where=str(path))
    try:
        return struct.pack(f"<{len(numbers)}f", *numbers)
    except OverflowError:
        raise InputError("holds a number that float32 cannot", where=str(path)) from None


def _csv_numbers(path: Path, text: str) -> list[float]:
    """Read lines of three numbers, split by commas, semicolons or blanks; a heading may be."""
    numbers: list[float] = []
    for number, row in enumerate(text.splitlines(), 1):
        cells = row.replace(",", " ").replace(";", " ").split()
        if not cells or cells[0].startswith("#"):
            continue
        try:
            values = [float(cell) for cell in cells]
        except ValueError as error:
            if not numbers and number == 1:
                continue
            raise InputError("not a line of numbers", where=f"{path}:{number}") from error
        if len(values) != 3:
            raise InputError(f"{len(values)} numbers instead of x, y, z", where=f"{path}:{number}")
        numbers += values
    return numbers


def _json_numbers(path: Path, text: str) -> list[float]:
    """Read a JSON list of numbers, or of lists of numbers."""

    def flatten(value: Any) -> list[float]:
        if isinstance(value, list):
            return [number for item in value for number in flatten(item)]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return [float(value)]
        raise InputError("holds something else than numbers", where=str(path))

    try:
        return flatten(json.loads(text))
    except (RecursionError, OverflowError) as error:
        raise InputError("is no table of numbers", where=str(path)) from error
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON ({error.msg})", where=f"{path}:{error.lineno}") from error
