"""Requests about keys: in memory while one of them is answered, no longer.

A handler gets what those in requests.py get, whose table names these too.
"""

from runicos.contract.errors import UNKNOWN_KEY, RuneError
from runicos.log import INFO
from runicos.owner import challenge, check
from runicos.reading import check_all
from runicos.resuming import resume
from runicos.trust import add, hexadecimal, keys, remove


def handler(verb: str) -> object:
    """Return what answers a verb."""
    return globals()["_" + verb]


def _challenge(system: object, link: object, given: "dict[str, object]") -> object:
    return {"nonce": challenge(link)}


def _keys(system: object, link: object, given: "dict[str, object]") -> object:
    return keys(system.board.flash_root)


def _trust(system: object, link: object, given: "dict[str, object]") -> object:
    check(system, link, "trust", given)
    key = add(system.board.flash_root, given)
    system.note(
        INFO, "", "trusts key %s, %s%s" % (hexadecimal(key), given["name"], _limits(given))
    )
    return {"key": key, "resumed": resume(system.runes)}


def _limits(given: "dict[str, object]") -> str:
    """Return how far a key is trusted, as the log has it."""
    runes, capabilities = given["runes"], given["capabilities"]
    if runes is None and capabilities is None:
        return ", an owner's"
    told = "" if runes is None else ", for " + (", ".join(runes) or "no Rune")
    if capabilities is None:
        return told
    return told + ", with " + (", ".join(capabilities) or "no capability")


def _distrust(system: object, link: object, given: "dict[str, object]") -> object:
    check(system, link, "distrust", given)
    if not remove(system.board.flash_root, given["key"]):
        raise RuneError(UNKNOWN_KEY, hexadecimal(given["key"]))
    system.note(INFO, "", "trusts key %s no longer" % hexadecimal(given["key"]))
    check_all(system.runes)
    return {}


def _downgrade(system: object, link: object, given: "dict[str, object]") -> object:
    from runicos.floors import lower

    check(system, link, "downgrade", given)
    name = given["name"]
    wanted = given["release"], given["counter"]
    release, counter = lower(system.board.flash_root, name, *wanted)
    system.note(INFO, name, "may be cast from %s on" % (release or "any release"))
    return {"release": release, "counter": counter}
