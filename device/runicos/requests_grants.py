"""Requests about grants and the policy: in memory while one of them is answered, no longer.

A handler gets what those in requests.py get, whose table names these too.
"""

from runicos.contract.errors import BAD_REQUEST, RuneError
from runicos.log import INFO
from runicos.runes import STOPPED


def handler(verb: str) -> object:
    """Return what answers a verb."""
    return globals()["_" + verb]


def _policy_show(system: object, link: object, given: "dict[str, object]") -> object:
    # Each cast asks this: where all is allowed, what judges is not loaded.
    from runicos.permit import is_settled

    name = given["name"]
    if name is not None and is_settled(system.store.root, name):
        everything = {"default": "allow", "rules": []}
        return {"policy": everything, "grant": {"demands": {}, "revoked": []}}
    from runicos import grants

    shown = {"policy": grants.policy_of(system.store.root)}
    if name is not None:
        shown["grant"] = grants.grant_of(system.store.root, name)
    return shown


def _policy_set(system: object, link: object, given: "dict[str, object]") -> object:
    from runicos import grants

    _check_owner(system, link, "policy_set", given)
    grants.set_policy(system.store.root, given["policy"])
    system.note(INFO, "", "has a new policy")
    return {"stopped": _enforce(system)}


def _grant(system: object, link: object, given: "dict[str, object]") -> object:
    from runicos import grants
    from runicos.contract import policy

    _check_owner(system, link, "grant", given)
    name, more = given["name"], given["demands"]
    if not policy.is_demands(more, True) or not more:
        raise RuneError(BAD_REQUEST, "grant", "argument demands has a wrong value")
    grants.grant(system.store.root, name, more)
    system.note(INFO, name, "is granted " + ", ".join(sorted(more)))
    return {}


def _revoke(system: object, link: object, given: "dict[str, object]") -> object:
    from runicos import grants
    from runicos.contract import policy

    _check_owner(system, link, "revoke", given)
    name, kinds = given["name"], given["kinds"]
    if not policy.is_kinds(kinds):
        raise RuneError(BAD_REQUEST, "revoke", "argument kinds has a wrong value")
    grants.revoke(system.store.root, name, kinds)
    system.note(INFO, name, "is no longer granted " + ", ".join(sorted(kinds)))
    return {"stopped": _enforce(system)}


def _check_owner(system: object, link: object, verb: str, given: "dict[str, object]") -> None:
    # Not at the top: to show a policy it is not needed, and takes memory.
    from runicos.owner import check

    check(system, link, verb, given)


def _enforce(system: object) -> "list[str]":
    """Stop the Runes that may not go on; return their names."""
    from runicos import grants

    stopped = []
    for row in system.runes.rows():
        try:
            rune = system.runes.ready(row["name"])
        except RuneError:
            continue
        try:
            grants.check(system.store.root, rune.name, grants.demands_of_loaded(rune))
        except RuneError as error:
            system.runes.stop(rune.name)
            system.runes.enter(rune, STOPPED, error)
            stopped.append(rune.name)
    return stopped
