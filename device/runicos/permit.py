"""May a Rune have what it wants? Where all is allowed, nothing is loaded to say so."""

import os

from runicos.contract.errors import Refused


def permit(rune: object, root: str, asked: "dict[str, object] | None" = None) -> None:
    """Raise Refused unless a Rune may have what its manifest says, or else what it `asked`.

    What it is denied is counted.
    """
    try:
        check(root, rune.name, rune.slot, asked, True)
    except Refused as refused:
        from runicos.grants import counted

        rune.denials = counted(rune.denials, refused)
        raise


def check(
    root: str,
    name: str,
    slot: object,
    asked: "dict[str, object] | None" = None,
    is_there: bool = False,
) -> None:
    """Raise Refused unless the Rune of a name may have what is in its manifest, or it `asked`.

    `is_there` as in grants.check.
    """
    if is_settled(root, name):
        return
    from runicos.contract.policy import demands
    from runicos.grants import check as check_demands
    from runicos.grants import signer_of

    wanted = (asked or {}) if slot.manifest is None else demands(slot.manifest)
    check_demands(root, name, wanted, signer_of(root, slot), is_there)


def is_settled(root: str, name: str) -> bool:
    """Say whether the board allows everything, and took nothing from this Rune."""
    from runicos.limits import policy_default

    return policy_default() == "allow" and not (
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
