"""Requests about versions on flash: in memory while one of them is answered, no longer.

A handler gets what those in requests.py get, whose table names these too.
"""

from runicos.floors import check_previous
from runicos.log import INFO
from runicos.versions import exchange


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
