"""Limits: what board.toml says, unless whoever started the board said otherwise."""

import sys


def limit(board: object, name: str) -> int:
    """Return one of the board's limits. Raises KeyError for one that board.toml does not state.

    A board that takes options when it is started has `given_limit(name)`: a number, its text, or
    None.
    """
    from board_toml import LIMITS

    sys.modules.pop("board_toml", None)
    given = getattr(board, "given_limit", None)
    value = None if given is None else given(name)
    return dict(LIMITS)[name] if value is None else int(value)


def policy_default() -> str:
    """Return what [policy] says of a board that was given no policy: the effect on demands."""
    from board_toml import POLICY

    sys.modules.pop("board_toml", None)
    return dict(POLICY).get("default", "ask")
