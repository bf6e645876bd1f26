"""Turns a sample file into the bytes of one reading, as the board's driver would deliver it.

Only conversions that cannot differ from the board's are done: a recording of another rate or a
picture of another size is refused, with what to do.
"""

from __future__ import annotations

import csv
import json
import struct
from collections.abc import Mapping
from pathlib import Path

from runicd.errors import InputError
from runicd.files import read_bytes
from runicd.types import TensorType
from runicd.wav import read_wav

_MOST_BYTES = 64 << 20


def read_sensor_file(
    kind: str, params: Mapping[str, int | float | str], own: TensorType, path: Path
) -> bytes:
    """Return one reading of a capability from a file. Raises InputError."""
    data = read_bytes(path, _MOST_BYTES, remedy="paths start at the Runefile's folder")
    if kind == "SOUND":
        return _fitted(_wav(data, params), own, pad=True)
    if kind == "IMAGE":
        return _fitted(_picture(data, params), own, pad=False)
    if kind == "ACCEL" and path.suffix in {".csv", ".json"}:
        return _fitted(_table(data, path.suffix), own, pad=False)
    return _fitted(data, own, pad=False)


def _fitted(data: bytes, own: TensorType, *, pad: bool) -> bytes:
    """Take the first reading; sound that ends early goes on as silence."""
    if len(data) < own.bytes and not pad:
        raise InputError(f"holds {len(data)} bytes, but a reading has {own.bytes}")
    return data[: own.bytes].ljust(own.bytes, b"\0")


def _wav(data: bytes, params: Mapping[str, int | float | str]) -> bytes:
    sound = read_wav(data, "")
    shape = (sound.channels, sound.width, sound.hz)
    if shape != (1, 2, params["hz"]):
        what = f"has {shape[0]} channel(s) of {shape[1] * 8} bits at {shape[2]} Hz"
        raise InputError(what, remedy=f"convert it to 1 channel of 16 bits at {params['hz']} Hz")
    return sound.frames


def _picture(data: bytes, params: Mapping[str, int | float | str]) -> bytes:
    """Read a binary PGM or PPM of exactly the size and colours that the Rune asks for."""
    fields: list[bytes] = []
    at = 0
    while len(fields) < 4 and at < len(data):
        end = at
        while end < len(data) and not data[end : end + 1].isspace():
            end += 1
        if data[at : at + 1] == b"#":
            end = data.find(b"\n", at) if b"\n" in data[at:] else len(data)
        elif end > at:
            fields.append(data[at:end])
        at = end + 1
    code = params.get("pixel_format", 0)
    wanted = [
        b"P5" if code == 2 else b"P6",
        b"%d" % int(params["width"]),
        b"%d" % int(params["height"]),
        b"255",
    ]
    if fields != wanted:
        kind = "PGM" if wanted[0] == b"P5" else "PPM"
        what = f"is no binary {kind} of {params['width']} x {params['height']} with 8 bits"
        raise InputError(what, remedy="convert it")
    pixels = bytearray(data[at:])
    if code == 1:
        pixels[0::3], pixels[2::3] = pixels[2::3], pixels[0::3]
    return bytes(pixels)


def _table(data: bytes, suffix: str) -> bytes:
    try:
        if suffix == ".json":
            rows = json.loads(data)
        else:
            rows = [row for row in csv.reader(data.decode().splitlines()) if row]
            rows = rows[1:] if rows and not _is_number(rows[0][0]) else rows
        return b"".join(struct.pack("<3f", *map(float, row)) for row in rows)
    except (ValueError, TypeError, OverflowError, RecursionError, csv.Error, struct.error):
        raise InputError("is no table of x, y, z", remedy="give three numbers a row") from None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
