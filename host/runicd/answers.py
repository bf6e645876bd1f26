"""Boards' answers, checked before anybody relies on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runicd.errors import LinkError


def checked(answer: Any, kinds: Mapping[str, type], what: str, where: str) -> dict[str, Any]:
    """Return a board's answer that is a map with these keys; LinkError when it is not."""
    if isinstance(answer, dict) and all(
        isinstance(answer.get(key), kind) for key, kind in kinds.items()
    ):
        return answer
    raise LinkError(
        f"the board's {what} cannot be read",
        where=where,
        remedy="update runicd or the board's firmware",
    )


def resumed(answer: Any, where: str) -> list[str]:
    """Return the Runes that only a decision of the owner had kept from running, and run again."""
    return [str(name) for name in checked(answer, {"resumed": list}, "answer", where)["resumed"]]
