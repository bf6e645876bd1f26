"""Turns the files a user gives into what a simulated board's sensors read.

WAV files of 16-bit PCM, PPM and PGM images, and raw bytes go as they are; other images become
PPM, motion tables become raw float32 triples. A folder stands for its files in order of name.
"""

from __future__ import annotations

import json
import math
import re
import struct
import warnings
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runicd.errors import InputError
from runicd.files import read_bytes
from runicd.wav import Recording, read_wav

KINDS = {"sound": "SOUND", "image": "IMAGE", "accelerometer": "ACCEL", "raw": "RAW"}
"""The capability behind each option."""
_TRIPLE_SUFFIXES = (".f32", ".bin", ".raw")
_SUFFIXES = {
    "sound": (".wav",),
    "image": (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".ppm", ".pgm"),
    "accelerometer": (".csv", ".json", ".f32", ".bin", ".raw"),
}
_TRIPLE_BYTES = 12
_SIDE_MOST = 4096
_PICTURES = "PNG, JPEG, BMP, GIF, WebP, PPM or PGM"
_TRIPLES = "give lines of x, y, z"
_BLANKS = rb"(?:\s|#[^\n]*\n)+"
_PLAIN_PICTURE = re.compile(
    rb"P([56])" + _BLANKS + rb"(\d{1,5})" + _BLANKS + rb"(\d{1,5})" + _BLANKS + rb"255\s"
)
"""How pictures begin that boards read as they are."""


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
            what = f"no files for --{kind} in this folder"
            kinds = ", ".join(suffixes or ())
            raise InputError(what, where=str(path), remedy=f"it reads {kinds}" if kinds else "")
        found += inside
    return found


def _convert(kind: str, path: Path, folder: Path) -> Path:
    """Return the path of a file that the board can read."""
    if not path.is_file():
        raise InputError(
            "no such file", where=str(path), remedy=f"give --{kind} a file that exists"
        )
    if path.stat().st_size == 0:
        raise InputError("is empty", where=str(path), remedy=f"give --{kind} a file with data")
    suffix = path.suffix.lower()
    if kind == "sound":
        return _convert_sound(path, folder)
    if kind == "raw" or (kind == "image" and _is_plain_picture(path)):
        return path.absolute()
    if kind == "image":
        return _write(folder, path, ".ppm", _image_bytes(path))
    if suffix in _TRIPLE_SUFFIXES:
        if path.stat().st_size % _TRIPLE_BYTES:
            what = f"{path.stat().st_size} bytes are no float32 x, y, z triples"
            raise InputError(what, where=str(path), remedy="give 12 bytes for each, or CSV")
        return path.absolute()
    return _write(folder, path, ".f32", _motion_bytes(path))


def _write(folder: Path, source: Path, suffix: str, data: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{len(list(folder.iterdir())):04}-{source.stem}{suffix}"
    target.write_bytes(data)
    return target.absolute()


def _convert_sound(path: Path, folder: Path) -> Path:
    """Check a WAV file; 16-bit mono goes as it is, other PCM is converted to it."""
    given = read_wav(read_bytes(path), str(path))
    if given.width == 2 and given.channels == 1:
        return path.absolute()
    samples = _mono_samples(given)
    converted = _write(folder, path, ".wav", b"")
    with wave.open(str(converted), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(given.hz)
        sound.writeframes(samples)
    return converted


def _mono_samples(given: Recording) -> bytes:
    """Return PCM of 8, 16, 24 or 32 bits and any channels as 16-bit mono, the channels' mean."""
    import numpy as np  # noqa: PLC0415 - slow to load, and rarely needed

    data = np.frombuffer(given.frames, np.uint8)
    if given.width == 1:
        samples = (data.astype(np.int32) - 128) << 8
    else:
        # The two highest bytes of each little-endian sample.
        samples = data.reshape(-1, given.width)[:, -2:].copy().view("<i2")[:, 0].astype(np.int32)
    mono: bytes = samples.reshape(-1, given.channels).mean(axis=1).round().astype("<i2").tobytes()
    return mono


def _is_plain_picture(path: Path) -> bool:
    """Tell a whole binary PPM or PGM of a size that boards read."""
    data = read_bytes(path)
    head = _PLAIN_PICTURE.match(data)
    if head is None:
        return False
    kind, width, height = map(int, head.groups())
    pixels = width * height * (3 if kind == 6 else 1)
    return 0 < width <= _SIDE_MOST >= height > 0 and len(data) - head.end() >= pixels


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
        what = "is no picture that can be read, or not all of one"
        raise InputError(what, where=str(path), remedy=f"give {_PICTURES}") from error
    width, height = pixels.size
    if max(width, height) > _SIDE_MOST:
        what = f"is a picture of {width} x {height}; boards read {_SIDE_MOST} x {_SIDE_MOST}"
        raise InputError(what, where=str(path), remedy="make it smaller")
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
        what = f"{len(numbers)} numbers are no x, y, z triples"
        raise InputError(what, where=str(path), remedy=_TRIPLES)
    if not all(map(math.isfinite, numbers)):
        what = "holds a number that no sensor gives: nan or inf"
        raise InputError(what, where=str(path), remedy="leave such lines out")
    try:
        return struct.pack(f"<{len(numbers)}f", *numbers)
    except OverflowError:
        what = "holds a number that float32 cannot"
        raise InputError(what, where=str(path), remedy="leave such lines out") from None


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
            where = f"{path}:{number}"
            raise InputError("not a line of numbers", where=where, remedy=_TRIPLES) from error
        if len(values) != 3:
            what = f"{len(values)} numbers instead of x, y, z"
            raise InputError(what, where=f"{path}:{number}", remedy="complete it, or leave it out")
        numbers += values
    return numbers


def _json_numbers(path: Path, text: str) -> list[float]:
    """Read a JSON list of numbers, or of lists of numbers."""

    def flatten(value: Any) -> list[float]:
        if isinstance(value, list):
            return [number for item in value for number in flatten(item)]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return [float(value)]
        what = "holds something else than numbers"
        raise InputError(what, where=str(path), remedy="give [[x, y, z], ...]")

    try:
        return flatten(json.loads(text))
    except (RecursionError, OverflowError) as error:
        what = "is no table of numbers"
        raise InputError(what, where=str(path), remedy="give [[x, y, z], ...]") from error
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}"
        raise InputError(f"not JSON ({error.msg})", where=where, remedy=_TRIPLES) from error
