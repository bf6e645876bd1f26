"""Tells what a file seems to be that was given where a Rune or a Runefile is wanted."""

from __future__ import annotations

import json
from pathlib import Path

from runicd.errors import InputError
from runicd.runefile.syntax import KEYWORDS, TOP_KEYS

_WANTED = "name a .rune, a Runefile, or a folder with one"
_MODEL = "name it in a Runefile: MODEL ./{name} model; `runicd new NAME` lays one down"
_REMEDIES = {
    "a TensorFlow Lite model": _MODEL,
    "a picture": "`runicd run RUNE --image {name}` lets a Rune see it",
    "a WAV recording": "`runicd run RUNE --sound {name}` lets a Rune hear it",
    "another format's model": "convert it to .tflite, and name that in a Runefile",
}
_MARKS: tuple[tuple[int, bytes, str], ...] = (
    (4, b"TFL3", "a TensorFlow Lite model"),
    (0, b"\x89PNG", "a picture"),
    (0, b"\xff\xd8\xff", "a picture"),
    (0, b"GIF8", "a picture"),
    (8, b"WEBP", "a picture"),
    (8, b"WAVE", "a WAV recording"),
    (0, b"\x89HDF", "another format's model"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ\x90", "a program"),
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"%PDF", "a PDF document"),
)
"""Where in a file which bytes stand, and what is then meant."""


def seems(data: bytes) -> str:
    """Return what a file seems to be, "" for what may be a text."""
    for offset, mark, kind in _MARKS:
        if data[offset : offset + len(mark)] == mark:
            return kind
    is_utf16 = data[:2] in {b"\xff\xfe", b"\xfe\xff"}
    return "" if is_utf16 or b"\0" not in data else "a binary file of an unknown kind"


def neither(file: str, kind: str) -> InputError:
    """Return the error for a file that is neither a Rune nor a Runefile, but of this kind."""
    remedy = _REMEDIES.get(kind, _WANTED).format(name=Path(file).name)
    return InputError(
        f"is neither a Rune nor a Runefile; it seems to be {kind}", where=file, remedy=remedy
    )


def seems_text(file: str, text: str) -> str:
    """Return what a text seems to be, "" for what may be a Runefile with whatever faults.

    A file that is called a Runefile, or YAML, is taken for one.
    """
    lines = [line for line in text.split("\n") if line.strip() and line.lstrip()[0] != "#"]
    name = Path(file).name.lower()
    if name.startswith("runefile") or name.endswith((".yml", ".yaml")) or not lines:
        return ""
    if any(line.split(":")[0].strip("\"' ") in TOP_KEYS for line in lines):
        return ""
    # A keyword that is spelled wrong is still known by its neighbours.
    instructions = sum(line.split()[0].partition("<")[0].upper() in KEYWORDS for line in lines)
    if instructions and 4 * instructions >= len(lines):
        return ""
    return "JSON" if _is_json(text) else "some other text"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
