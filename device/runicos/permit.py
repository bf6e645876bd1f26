"""May a Rune have what it wants? Where all is allowed, nothing is loaded to say so."""

import os
import sys


def permit(
    root: str, name: str, manifest: object, asked: "dict[str, object] | None" = None
) -> None:
    """Raise Refused unless a Rune may have what its manifest says, or else what it `asked`."""
    if is_settled(root, name):
        return
    from runicos.contract.policy import demands
    from runicos.grants import check

    check(root, name, (asked or {}) if manifest is None else demands(manifest))


def is_settled(root: str, name: str) -> bool:
    """Say whether the board allows everything, and took nothing from this Rune."""
    from board_toml import POLICY

    sys.modules.pop("board_toml", None)
    return ("default", "allow") in POLICY and not (
        _is_there(root + "/policy") or has_grant(root, name)
    )


def has_grant(root: str, name: str) -> bool:
    """Say whether something was granted to a Rune, or taken from it."""
    return _is_there(root + "/%s.grant" % name)


def remove(runes: object, name: str) -> None:
    """Delete a Rune, all its versions, and what it was granted. Raises RuneError."""
    runes.remove(name)
    if has_grant(runes.store.root, name):
        from runicos.grants import forget

        forget(runes.store.root, name)


def _is_there(path: str) -> bool:
    try:
        os.stat(path)
    except OSError:
        return False
    return True
