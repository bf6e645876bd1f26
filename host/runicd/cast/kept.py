"""Files that were cast, kept by their hash: what a board runs is known without asking it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from runicd.state import state_folder

_FILES_MAX = 16
_BYTES_MAX = 32 << 20
_SUFFIX = ".rune"


def keep(data: bytes) -> None:
    """Keep a file; those that were used longest ago go, where there are too many.

    Where the state folder cannot be written to nothing is kept: the next cast sends more.
    """
    path = _path(hashlib.sha256(data).digest())
    fresh = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_bytes(data)
        fresh.replace(path)
        _tidy(path.parent)
    except OSError:
        fresh.unlink(missing_ok=True)


def find(digest: bytes) -> bytes | None:
    """Return the file of that SHA-256 if it is kept and whole."""
    try:
        data = _path(digest).read_bytes()
    except OSError:
        return None
    return data if hashlib.sha256(data).digest() == digest else None


def _path(digest: bytes) -> Path:
    return state_folder() / "casts" / (digest.hex() + _SUFFIX)


def _tidy(folder: Path) -> None:
    """Remove the oldest files until few enough are left."""
    found = sorted(
        ((path.stat().st_mtime_ns, path) for path in folder.glob("*" + _SUFFIX)), reverse=True
    )
    total_bytes = 0
    for number, (_, path) in enumerate(found):
        total_bytes += path.stat().st_size
        if number >= _FILES_MAX or total_bytes > _BYTES_MAX:
            path.unlink(missing_ok=True)
