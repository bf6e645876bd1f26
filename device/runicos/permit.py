"""May a Rune have what it wants? Where all is allowed, nothing is loaded to say so."""

import gc
import os
import sys

from runicos.modules import unload_requests


def permit(
    root: str, name: str, manifest: object, asked: "dict[str, object] | None" = None
) -> None:
    """Raise Refused unless a Rune may have what its manifest says; without one, what it `asked`.

    What is loaded for that is let go then.
    """
    if is_settled(root, name):
        unload_requests()
        return
    from runicos.contract.policy import demands
    from runicos.grants import check

    try:
        check(root, name, (asked or {}) if manifest is None else demands(manifest))
    finally:
        unload_requests()
        # What lives long must not settle above all this.
        gc.collect()


def is_settled(root: str, name: str) -> bool:
    """Say whether the board allows everything, and took nothing from this Rune."""
    from board_toml import POLICY

    sys.modules.pop("board_toml", None)
    return ("default", "allow") in POLICY and not (
        _is_there(root + "/policy") or _is_there(root + "/%s.grant" % name)
    )


def _is_there(path: str) -> bool:
    try:
        os.stat(path)
    except OSError:
        return False
    return True
