"""Installing: what was received takes the place of a Rune's version. In memory only meanwhile."""

from runicos import log
from runicos.contract.errors import BAD_MANIFEST, RuneError


def install(runes: object, name: str, body: object, commit: object) -> None:
    """Take a verified file as the Rune `name`: check it, then let it replace the old version.

    `commit(release)` makes it the current version on flash. Raises RuneError, and then the old
    one is what it was.
    """
    try:
        release = _check(runes, name, body.view)
    except MemoryError:
        release = _check_alone(runes, name, body.view)
    commit(release)
    if runes.store.decision(name).get("starting"):
        # It was the old one that did not survive.
        runes.mark(name, 0)
    # Read where the old one was, in one piece: beside it there were only holes.
    rune = runes.anew(name)
    runes.read(rune, body)
    runes.note(log.INFO, name, "received, %d bytes" % len(body.view))
    runes.publish(name, rune.state, None)


def _check(runes: object, name: str, view: memoryview) -> str:
    """Return a file's release. Raises RuneError unless it is a Rune of that name."""
    manifest = runes.read_slot(view).manifest
    from runicos.permit import permit

    permit(runes.store.root, name, manifest)
    if manifest is None:
        return ""
    if manifest.name != name:
        raise RuneError(BAD_MANIFEST, "manifest.name", "%s, sent as %s" % (manifest.name, name))
    return manifest.release


def _check_alone(runes: object, name: str, view: memoryview) -> str:
    """Check a file in the memory of the old version, which runs again if the new one is bad."""
    runes.make_room(name)
    try:
        return _check(runes, name, view)
    except Exception:
        if name in runes.by_name:
            runes.renew(name)
        raise
