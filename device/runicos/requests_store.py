"""Requests about versions on flash: in memory while one of them is answered, no longer.

A handler gets what those in requests.py get, whose table names these too.
"""

from runicos.floors import check_previous
from runicos.log import INFO
from runicos.pointer import RELEASE, SHARED, SIZE, read_all
from runicos.shared import own_bytes
from runicos.versions import exchange, kept


def handler(verb: str) -> object:
    """Return what answers a verb."""
    return globals()["_" + verb]


def _rollback(system: object, link: object, given: "dict[str, object]") -> object:
    runes, name = system.runes, given["name"]
    runes.find(name)
    check_previous(runes, name)
    exchange(runes.store, name)
    rune = runes.renew(name)
    system.note(INFO, name, "went back to %s" % (rune.release or "the version before"))
    return {"release": rune.release, "sha256": rune.sha256, "state": rune.state}


def _flash(system: object, link: object, given: "dict[str, object]") -> object:
    store = system.store
    found = read_all(store)
    return {
        "bytes": store.bodies.total_bytes,
        "used": store.bodies.used_bytes(kept(store, True)),
        "free": store.free_bytes(),
        "versions": [
            _row(name, pointer, version)
            for name, pointer in found
            for version in pointer.versions()
        ],
        "models": _models(system.runes),
    }


def _row(name: str, pointer: object, version: "list[object]") -> "dict[str, object]":
    state = "current"
    if version is pointer.waiting:
        state = "waiting"
    elif version is pointer.previous:
        state = "previous"
    return {
        "name": name,
        "release": version[RELEASE],
        "version": state,
        "bytes": version[SIZE],
        "own_bytes": own_bytes(version[SIZE], version[SHARED]),
    }


def _models(runes: object) -> "list[bytes]":
    """Return the SHA-256 of every model that another Rune could share."""
    slots = [rune.slot for rune in runes.by_name.values() if rune.slot is not None]
    manifests = [slot.manifest for slot in slots if slot.manifest is not None]
    return sorted({model["sha256"] for manifest in manifests for model in manifest.models})
