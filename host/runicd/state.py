"""Where runicd keeps what outlives a command."""

from __future__ import annotations

import os
from pathlib import Path


def state_folder() -> Path:
    """Return the folder of RUNICD_STATE_DIR, or the user's own for runicd."""
    given = os.environ.get("RUNICD_STATE_DIR")
    if given:
        return Path(given)
    from platformdirs import user_state_path  # noqa: PLC0415 - not needed by most tests

    return user_state_path("runicd", appauthor=False)
