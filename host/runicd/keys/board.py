"""Keys and boards: commands that only an owner may give, and the first key of a board."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from runicd.errors import InputError, LinkError
from runicd.files import write_bytes
from runicd.keys import files
from runicd.keys.files import Key
from runicd.keys.sign import order
from runicos.contract import signature
from runicos.contract.cbor import dumps

BOARD_KEYS_MAX = 8
DEADLINE_S = 10.0


class Board(Protocol):
    """What of a conversation with a board is needed here."""

    @property
    def where(self) -> str:
        """The far end, for messages."""

    @property
    def is_cable(self) -> bool:
        """Whether the far end takes us for its owner, because we hold its cable."""

    def request(
        self,
        verb: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        deadline_s: float = DEADLINE_S,
    ) -> Any:
        """Return the board's answer."""


def owner_of(board: Board, name: str | None = None) -> Key | None:
    """Return the key that orders something of a board, by its name or the default one.

    None over a cable, where nobody needs one. Raises InputError.
    """
    if board.is_cable:
        return None
    return files.find(name) if name else files.default()


def command(
    board: Board,
    verb: str,
    arguments: dict[str, Any],
    owner: Key | None,
    *,
    deadline_s: float = DEADLINE_S,
) -> Any:
    """Return the board's answer to a verb that it obeys from its owner only.

    `arguments` are all that the verb has; `owner` is whose order it is, None over a cable. Raises
    InputError for the key, BoardError when the board refuses.
    """
    if owner is None:
        return board.request(verb, arguments, deadline_s=deadline_s)
    answer = board.request("challenge")
    nonce = answer.get("nonce") if isinstance(answer, dict) else None
    if not isinstance(nonce, bytes):
        raise LinkError("the board's challenge cannot be read", where=board.where)
    given = {"order": order(owner, nonce, verb, arguments)}
    return board.request(verb, arguments | given, deadline_s=deadline_s)


def has_owner(board: Board) -> bool:
    """Say whether the board trusts a key without limits: nobody else can give it orders."""
    rows = board.request("keys")
    return isinstance(rows, list) and any(
        isinstance(row, dict) and row.get("runes") is None and row.get("capabilities") is None
        for row in rows
    )


def enrol(board: Board, data: bytes) -> Key | None:
    """Have a board that trusts nobody yet trust the user, over its cable; return the key.

    It is the key that signed the Rune of these bytes, where that is one of the user's, or else the
    default one. Nothing is done, and None returned, where the board trusts somebody. Raises
    InputError, BoardError.
    """
    if board.request("keys"):
        return None
    found = signature.read(data)
    key = (files.of_id(found[1]) if found else None) or files.default()
    board.request("trust", {"name": key.name, "public": key.public})
    return key


def provision(flash_root: Path) -> None:
    """Have a simulated board trust the user's keys, as a factory would; the default one first.

    Nothing is done where the board has a file of keys. Raises InputError.
    """
    path = flash_root / "keys"
    if path.exists():
        return
    flash_root.mkdir(parents=True, exist_ok=True)
    write_bytes(path, dumps([_entry(key) for key in _own_keys()[:BOARD_KEYS_MAX]]))


def _own_keys() -> list[Key]:
    """Return the user's keys, the default one first; without it where only its file is damaged."""
    found = files.listed()
    try:
        first = files.default()
    except InputError:
        if not found:
            raise
        return found
    return [first, *(key for key in found if key.id != first.id)]


def _entry(key: Key) -> dict[str, Any]:
    own = {"id": key.id, "public": key.public, "name": key.name}
    return own | {"comment": "", "runes": None, "capabilities": None}
