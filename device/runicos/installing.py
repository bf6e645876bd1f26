"""Installing: what was received takes the place of a Rune's version. In memory only meanwhile."""

from runicos import log
from runicos.contract.errors import BAD_MANIFEST, Refused, RuneError
from runicos.modules import unload_loading


def install(runes: object, name: str, body: object, digest: bytes, commit: object) -> bool:
    """Take a verified file as the Rune `name`: check it, then let it replace the old version.

    `commit(release, waits)` makes it the current version on flash, or the one that waits for a
    grant. Returns whether it waits. Raises RuneError, and then the old one is what it was.
    """
    try:
        release, refused = _check(runes, name, body.parts, digest)
    except MemoryError:
        release, refused = _check_alone(runes, name, body.parts, digest)
    waits = refused is not None
    # What checked the file is gone before it is committed: the two need not be in memory at once.
    unload_loading()
    old = runes.by_name.get(name)
    goes_on = waits and old is not None and not old.waits
    _commit(runes, name, lambda: commit(release, waits))
    if goes_on:
        body.close()
        _count(_go_on(runes, old, release), refused)
        return True
    if runes.store.decision(name).get("starting"):
        # It was the old one that did not survive.
        runes.mark(name, 0)
    # Read where the old one was, in one piece: beside it there were only holes.
    rune = runes.anew(name)
    runes.read(rune, body, True)
    _count(rune, refused)
    runes.note(log.INFO, name, "received, %d bytes" % sum([len(part) for part in body.parts]))
    if waits:
        _tell_that_it_waits(runes, name, release)
    runes.publish(name, rune.row()["state"], None)
    return waits


def _commit(runes: object, name: str, commit: object) -> None:
    """Commit a version, in the old one's memory if need be; that runs again where flash fails."""
    try:
        try:
            commit()
        except MemoryError:
            runes.make_room(name)
            commit()
    except Exception:
        rune = runes.by_name.get(name)
        if rune is not None and rune.slot is None:
            runes.renew(name)
        raise


def _go_on(runes: object, rune: object, release: str) -> object:
    """Let the old version go on beside the one that waits; return its Rune."""
    from runicos.versions import recall

    recall(runes.store, rune)
    if rune.slot is None:
        # There was no memory for both.
        rune = runes.renew(rune.name)
    _tell_that_it_waits(runes, rune.name, release)
    return rune


def _tell_that_it_waits(runes: object, name: str, release: str) -> None:
    runes.note(log.WARNING, name, "version %s waits for a grant" % (release or "received"))


def _count(rune: "object | None", refused: "Refused | None") -> None:
    """Count what a Rune is denied."""
    if rune is not None and refused is not None:
        from runicos.grants import counted

        rune.denials = counted(rune.denials, refused)


def _check(
    runes: object, name: str, file: "tuple[memoryview, ...]", digest: bytes
) -> "tuple[str, Refused | None]":
    """Return a file's release, and what it is to wait for, if it is.

    Raises RuneError unless it is a Rune of that name.
    """
    slot = runes.read_slot(file, name)
    manifest = slot.manifest
    if manifest is not None and manifest.name != name:
        raise RuneError(BAD_MANIFEST, "manifest.name", "%s, sent as %s" % (manifest.name, name))
    from runicos.floors import check as check_floor
    from runicos.permit import check

    check_floor(runes.store.root, name, manifest)
    lacking = None
    try:
        check(runes.store.root, name, slot)
    except Refused as refused:
        from runicos.waiting import may_wait

        if not may_wait(runes, name, digest, refused):
            _count(runes.by_name.get(name), refused)
            raise
        lacking = refused
    return "" if manifest is None else manifest.release, lacking


def _check_alone(
    runes: object, name: str, file: "tuple[memoryview, ...]", digest: bytes
) -> "tuple[str, Refused | None]":
    """Check a file in the memory of the old version, which runs again if the new one is bad."""
    runes.make_room(name)
    try:
        return _check(runes, name, file, digest)
    except Exception:
        if name in runes.by_name:
            runes.renew(name)
        raise
