"""Where runicd keeps simulated boards, and the lock on them."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runicd.errors import InputError
from runicd.state import state_folder


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
