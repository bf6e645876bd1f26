"""Records what a board's sensor delivers, and writes it as files that any board can be fed.

What is written holds the very bytes that a Rune would have read: WAV for SOUND, PPM or PGM for
IMAGE, CSV or float32 triples for ACCEL, bytes for RAW.
"""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runicd.answers import checked
from runicd.client import Client, Event
from runicd.errors import InputError, LinkError, UsageError

Progress = Callable[[int, int], None]
"""Called with (bytes here, bytes in all)."""

SUFFIXES = {
    "SOUND": (".wav",),
    "IMAGE": (".ppm", ".pgm"),
    "ACCEL": (".csv", ".f32"),
    "RAW": (".raw", ".bin"),
}
"""The kinds that can be recorded, and the files that they are written to."""
_SAMPLE_BYTES = 2
_TRIPLE_BYTES = 12
_GRAY, _BGR = 2, 1
_WINDOWS_A_SECOND = 10
_MOST_BYTES = 1 << 28


@dataclass(frozen=True, slots=True)
class Plan:
    """What to record: `count` windows of `window_bytes`, of which `total_bytes` are wanted."""

    kind: str
    params: Mapping[str, int]
    window_bytes: int
    count: int
    total_bytes: int


def plan(
    kind: str,
    params: Mapping[str, int],
    *,
    samples: int = 0,
    windows: int = 0,
    seconds: float = 0.0,
) -> Plan:
    """Return what to record; `samples` (of SOUND), triples (ACCEL) or bytes (RAW) make a window.

    SOUND is read in tenths of a second where `samples` does not say otherwise. Raises UsageError.
    """
    if kind not in SUFFIXES:
        raise UsageError(f"{kind} cannot be recorded", remedy=f"choose from {', '.join(SUFFIXES)}")
    if seconds and (kind != "SOUND" or windows):
        what = "--seconds is for SOUND, and instead of --windows"
        raise UsageError(what, remedy="say --windows N")
    for name in {"SOUND": ("hz",), "IMAGE": ("width", "height")}.get(kind, ()):
        if not params.get(name):
            raise UsageError(f"{kind} needs --{name}", remedy=f"give --{name} N")
    window_bytes = _window_bytes(kind, params, samples)
    total_bytes = window_bytes * (windows or 1)
    if seconds:
        total_bytes = _SAMPLE_BYTES * max(1, round(seconds * params["hz"]))
    if total_bytes > _MOST_BYTES:
        raise UsageError(f"{total_bytes:,} bytes are too many", remedy="record less")
    return Plan(kind, params, window_bytes, -(-total_bytes // window_bytes), total_bytes)


def _window_bytes(kind: str, params: Mapping[str, int], samples: int) -> int:
    if kind == "SOUND":
        return _SAMPLE_BYTES * (samples or max(1, params["hz"] // _WINDOWS_A_SECOND))
    if kind == "IMAGE":
        return params["width"] * params["height"] * _channels(params)
    if not samples:
        what = "values" if kind == "ACCEL" else "bytes"
        raise UsageError(f"{kind} needs --samples", remedy=f"say how many {what} a window has")
    return samples * (_TRIPLE_BYTES if kind == "ACCEL" else 1)


def _channels(params: Mapping[str, int]) -> int:
    return 1 if params.get("pixel_format") == _GRAY else 3


def _say_nothing(done_bytes: int, total_bytes: int) -> None:
    """Be the progress of those who do not look."""


def record(client: Client, wanted: Plan, progress: Progress = _say_nothing) -> bytes:
    """Return the bytes that the board's sensor delivers, whole windows, first to last.

    They are fewer where the sensor's data come to their end. Raises RefusedError for parameters
    that the board does not offer, BoardError when it has no such sensor or a Rune reads it,
    LinkError when pieces were lost.
    """
    data = bytearray()

    def hear(event: Event) -> None:
        if event.topic != "record":
            return
        offset, piece = _piece(event, client.where)
        if offset != len(data):
            raise LinkError(
                f"{offset - len(data)} bytes of the recording were lost",
                where=client.where,
                remedy="record again",
            )
        if len(data) + len(piece) > wanted.count * wanted.window_bytes:
            raise LinkError("the board recorded more than was asked for", where=client.where)
        data.extend(piece)
        progress(min(len(data), wanted.total_bytes), wanted.total_bytes)

    client.drop_events()
    asked = {
        "kind": wanted.kind,
        "params": dict(wanted.params),
        "window_bytes": wanted.window_bytes,
        "count": wanted.count,
    }
    answer = client.request("record", asked, heard=hear)
    told = checked(answer, {"windows": int}, "answer to `record`", client.where)
    if told["windows"] * wanted.window_bytes != len(data):
        raise LinkError("the end of the recording was lost", where=client.where)
    return bytes(data[: wanted.total_bytes])


def _piece(event: Event, where: str) -> tuple[int, bytes]:
    value: Any = event.value
    if (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], int)
        and isinstance(value[1], bytes)
    ):
        return value[0], value[1]
    raise LinkError("the board's recording cannot be read", where=where)


def check_path(wanted: Plan, path: Path) -> None:
    """Raise InputError for a file whose suffix cannot hold what is to be recorded."""
    suffixes = SUFFIXES[wanted.kind]
    if wanted.kind == "IMAGE":
        suffixes = (".pgm",) if _channels(wanted.params) == 1 else (".ppm",)
    if path.suffix.lower() not in suffixes:
        remedy = f"end it in {' or '.join(suffixes)}"
        raise InputError(
            f"is no file that {wanted.kind} is written to", where=str(path), remedy=remedy
        )


def files(wanted: Plan, data: bytes, path: Path) -> dict[Path, bytes]:
    """Return the files of a recording: one, but for several pictures `name-0000`, `name-0001` …

    Boards read them in that order when they are fed the folder.
    """
    if wanted.kind == "SOUND":
        return {path: _wav(data, wanted.params["hz"])}
    if wanted.kind == "ACCEL" and path.suffix.lower() == ".csv":
        return {path: _csv(data)}
    if wanted.kind != "IMAGE":
        return {path: data}
    size = wanted.window_bytes
    pictures = [_picture(data[at : at + size], wanted.params) for at in range(0, len(data), size)]
    if wanted.count == 1:
        return {path: pictures[0]}
    return {
        path.with_stem(f"{path.stem}-{number:04}"): picture
        for number, picture in enumerate(pictures)
    }


def _wav(samples: bytes, hz: int) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as sound:
        sound.setparams((1, _SAMPLE_BYTES, hz, 0, "NONE", ""))
        sound.writeframes(samples)
    return content.getvalue()


def _csv(triples: bytes) -> bytes:
    """Write float32 triples with as many digits as tell every float32 from the next."""
    rows = struct.iter_unpack("<3f", triples)
    lines = [",".join(f"{value:.9g}" for value in row) for row in rows]
    return ("\n".join(["x,y,z", *lines]) + "\n").encode()


def _picture(pixels: bytes, params: Mapping[str, int]) -> bytes:
    """Write a picture as PGM or PPM, which is RGB."""
    magic = b"P5" if _channels(params) == 1 else b"P6"
    ordered = bytearray(pixels)
    if params.get("pixel_format") == _BGR:
        ordered[0::3], ordered[2::3] = ordered[2::3], ordered[0::3]
    return magic + b"\n%d %d\n255\n" % (params["width"], params["height"]) + ordered
