"""Where the descriptions of boards are: beside the package's code, or in its repository."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_REPOSITORY = _PACKAGE.parents[1]


@cache
def boards_folder() -> Path | None:
    """Return the folder of boards: the installed package's, or the repository's."""
    for folder in (_PACKAGE / "boards", _REPOSITORY / "boards"):
        if folder.is_dir():
            return folder
    return None


def repository() -> Path | None:
    """Return the repository that this code runs from; None where only the package is installed."""
    return _REPOSITORY if (_REPOSITORY / "boards").is_dir() else None
