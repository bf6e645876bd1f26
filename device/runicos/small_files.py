"""Small files on flash: read whole, replaced in one step, removed; what fails is numbered."""

import os

from micropython import const

from runicos.contract.errors import FLASH_FULL, STORE_FAILED, RuneError

ENOSPC = 28
_ENOENT = const(2)
_SMALL_BYTES = const(512)


def failed(error: OSError) -> RuneError:
    """Return the numbered error for flash that failed."""
    return RuneError(STORE_FAILED, "errno %s" % error.errno)


def make_folder(path: str) -> None:
    """Make a folder unless it is there."""
    try:
        os.stat(path)
    except OSError:
        os.mkdir(path)


def size_of(path: str) -> int:
    """Return a file's size; 0 when there is none."""
    try:
        return os.stat(path)[6]
    except OSError:
        return 0


def read(path: str, most_bytes: int = _SMALL_BYTES) -> "bytes | None":
    """Return what a file holds, no more than that (-1: all of it); None when there is none."""
    # A read takes memory for all that it asks for, in one piece: so no more than there is.
    there = size_of(path)
    try:
        with open(path, "rb") as file:
            return file.read(there if most_bytes < 0 else min(there, most_bytes))
    except OSError:
        return None


def replace(path: str, data: bytes) -> None:
    """Write a file anew: a power cut leaves the old one or the new one. Raises RuneError."""
    try:
        with open(path + ".new", "wb") as file:
            file.write(data)
            file.flush()
        os.rename(path + ".new", path)
    except OSError as error:
        if error.errno == ENOSPC:
            raise RuneError(FLASH_FULL, 0, len(data))
        raise failed(error)


def remove(path: str) -> None:
    """Remove a file if it is there. Raises RuneError."""
    try:
        os.remove(path)
    except OSError as error:
        if error.errno != _ENOENT:
            raise failed(error)
