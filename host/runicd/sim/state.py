"""Where runicd keeps what outlives a command, and the lock on it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runicd.errors import InputError


def state_folder() -> Path:
    """Return the folder of RUNICD_STATE_DIR, or the user's own for runicd."""
    given = os.environ.get("RUNICD_STATE_DIR")
    if given:
        return Path(given)
    from platformdirs import user_state_path  # noqa: PLC0415 - not needed by most tests

    return user_state_path("runicd", appauthor=False)


def boards_folder() -> Path:
    """Return the folder with one folder per simulated board, making it if needed.

    Raises InputError when that fails.
    """
    folder = state_folder() / "sim"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"the state folder cannot be made ({error.strerror})",
            where=str(folder),
            remedy="set RUNICD_STATE_DIR to a folder that you may write to",
        ) from error
    return folder


@contextmanager
def locked() -> Iterator[None]:
    """Hold the one lock on the state folder; waits for whoever holds it."""
    with (boards_folder() / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
