"""Reads and writes the files that a user names; what goes wrong is an InputError."""

from __future__ import annotations

import os
from pathlib import Path

from runicd.errors import InputError

MOST_BYTES = 1 << 28
"""More than any Rune, model or recording that runicd has use for."""


def read_bytes(path: Path, most_bytes: int = MOST_BYTES, *, remedy: str = "") -> bytes:
    """Return what a file holds, which may also be a pipe. Raises InputError.

    Never more than `most_bytes` are read: a device such as /dev/zero has no end.
    """
    try:
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except FileNotFoundError:
        raise InputError("no such file", where=str(path), remedy=remedy) from None
    except (OSError, ValueError) as error:
        raise _fault(path, "read", error, remedy) from None
    if len(data) > most_bytes:
        raise InputError(f"is larger than {most_bytes} bytes", where=str(path), remedy=remedy)
    return data


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file, all of it or nothing: a full disk costs no older file. Raises InputError."""
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)  # a pipe or a device
        else:
            _replace(path.resolve(), data)
    except (OSError, ValueError) as error:
        raise _fault(path, "written", error) from None


def _replace(path: Path, data: bytes) -> None:
    part = path.with_name(f".runicd-{os.getpid()}.part")
    try:
        part.write_bytes(data)
        if path.exists():
            part.chmod(path.stat().st_mode)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _fault(path: Path, done: str, error: Exception, remedy: str = "") -> InputError:
    # ValueError: no system takes a path with a NUL in it.
    reason = getattr(error, "strerror", None) or error
    return InputError(f"cannot be {done} ({reason})", where=str(path), remedy=remedy)
