"""What casts cost a board's flash, as the board counts it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Wear:
    """Bytes that were programmed and erased: for Runes, and by the file system beside them.

    None where the board does not know.
    """

    written: int | None
    erased: int | None
    files_written: int | None
    files_erased: int | None


def wear_of(answer: Mapping[str, Any]) -> Wear:
    """Return what a board's map says of its flash; null is what it does not know."""
    names = ("flash_written", "flash_erased", "files_written", "files_erased")
    return Wear(*[_count(answer.get(name)) for name in names])


def words(wear: Wear) -> str:
    """Return it as text, empty where nothing is known."""
    parts = []
    for what, written, erased in (
        ("", wear.written, wear.erased),
        ("of files: ", wear.files_written, wear.files_erased),
    ):
        if written is not None:
            said = f"{what}{written:,} bytes written"
            parts.append(said if erased is None else f"{said}, {erased:,} erased")
    return "; ".join(parts)


def _count(value: object) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if is_count else None  # type: ignore[return-value]
