"""Reading and writing the files that a command line names."""

from __future__ import annotations

from pathlib import Path

from runicd.errors import InputError


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes. Raises InputError."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InputError("no such file", where=str(path)) from error
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path)) from error


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file. Raises InputError."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror})", where=str(path)) from error
