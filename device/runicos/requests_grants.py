"""Requests about grants and the policy: in memory while one of them is answered, no longer.

A handler gets what those in requests.py get, whose table names these too.

Modules that a function has imported stay in memory until it returns. So what decides has returned
before a Rune is started: admission would count that memory as taken.
"""

from runicos.contract.errors import BAD_REQUEST, STORE_FAILED, Refused, RuneError
from runicos.log import INFO
from runicos.resuming import resume
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
        return {"policy": everything, "grant": {"demands": {}, "revoked": [], "signer": None}}
    from runicos import grants

    shown = {"policy": grants.policy_of(system.store.root)}
    if name is not None:
        shown["grant"] = grants.grant_of(system.store.root, name)
        shown["grant"].pop("before")
    return shown


def _policy_set(system: object, link: object, given: "dict[str, object]") -> object:
    _check_owner(system, link, "policy_set", given)
    _keep_policy(system, given["policy"])
    stopped = _enforce(system) + _check_signers(system.runes)
    resumed = resume(system.runes)
    return {"stopped": stopped, "resumed": resumed, "started": _start_waiting(system)}


def _keep_policy(system: object, policy: object) -> None:
    from runicos.grants import set_policy

    set_policy(system.store.root, policy)
    system.note(INFO, "", "has a new policy")


def _check_signers(runes: object) -> "list[str]":
    """Stop what nobody trusted signed, as unsigned Runes may no longer be taken; return names."""
    from runicos.reading import check_all

    return check_all(runes)


def _demands(system: object, link: object, given: "dict[str, object]") -> object:
    """Say what a Rune asks for, its current version and the one that waits, if any."""
    from runicos.pointer import RELEASE, SHA256

    runes, name = system.runes, given["name"]
    rune = runes.find(name)
    pointer = _pointer(runes, name)
    is_read = rune.slot is not None
    current = _asked_in(runes, rune.slot) if is_read else _asked_by(runes, pointer.current)
    told = {"current": current[0], "signer": current[1], "waiting": None}
    waiting = pointer.waiting
    if waiting is not None:
        wanted, signer = _asked_by(runes, waiting)
        told["waiting"] = {
            "release": waiting[RELEASE],
            "sha256": waiting[SHA256],
            "demands": wanted,
            "signer": signer,
        }
    return told


def _grant(system: object, link: object, given: "dict[str, object]") -> object:
    _check_owner(system, link, "grant", given)
    _keep_grant(system, given)
    if given["version"] is None:
        return {"resumed": resume(system.runes)}
    started = _take(system, given["name"], given["version"], given["period_ms"])
    return {"started": started}


def _keep_grant(system: object, given: "dict[str, object]") -> None:
    """Keep what a key's Rune is granted from now on. Raises RuneError."""
    from runicos import grants
    from runicos.contract import policy

    name, more, signer = given["name"], given["demands"], given["signer"]
    if not (signer is None or policy.is_signer(signer)):
        raise RuneError(BAD_REQUEST, "grant", "argument signer has a wrong value")
    if not policy.is_demands(more, True) or not (more or given["version"]):
        raise RuneError(BAD_REQUEST, "grant", "argument demands has a wrong value")
    if more:
        grants.grant(system.store.root, name, more, signer)
        system.note(INFO, name, "is granted " + ", ".join(sorted(more)))


def _take(system: object, name: str, digest: bytes, period_ms: "int | None") -> object:
    """Start the version that waits, if it is that one, as after a cast, on trial.

    Without a period it has that of its cast. Returns what a start returns, None where more is to
    be granted. Raises RuneError.
    """
    decided = _make_current(system, name, digest)
    if decided is None:
        return None
    if period_ms is None:
        period_ms = decided.get("period_ms")
    return system.runes.start(name, period_ms)


def _make_current(system: object, name: str, digest: bytes) -> "dict[str, object] | None":
    """Let the version that waits take the old one's place; return what its cast decided.

    None where more is to be granted. Raises RuneError.
    """
    from runicos import grants
    from runicos.limits import limit
    from runicos.pointer import DECISION
    from runicos.waiting import take

    runes = system.runes
    waiting = _waiting(runes, "grant", name, digest).waiting
    try:
        # It takes the old one's place now: it must be what its signer signed.
        grants.check(runes.store.root, name, *_asked_by(runes, waiting, name))
    except Refused:
        return None
    take(runes.store, name, limit(system.board, "trial_calls"))
    # What stands there of a start that was not survived is the old version's.
    runes.mark(name, 0)
    runes.anew(name)
    return waiting[DECISION] or {}


def _period(system: object, link: object, given: "dict[str, object]") -> object:
    """Keep with a version that waits what its last cast wants: how often it is called then."""
    from runicos.pointer import DECISION, write

    name, decided = given["name"], {"period_ms": given["period_ms"]}
    pointer = _waiting(system.runes, "period", name, given["version"])
    if pointer.waiting[DECISION] != decided:
        pointer.waiting[DECISION] = decided
        pointer.sequence += 1
        write(system.store, name, pointer)
    return {}


def _waiting(runes: object, verb: str, name: str, digest: bytes) -> object:
    """Return a Rune's pointer. Raises RuneError unless the version of that hash waits."""
    from runicos.pointer import SHA256

    runes.find(name)
    pointer = _pointer(runes, name)
    if pointer.waiting is None or pointer.waiting[SHA256] != digest:
        raise RuneError(BAD_REQUEST, verb, "another version of %s waits, or none" % name)
    return pointer


def _start_waiting(system: object) -> "list[str]":
    """Start the versions that waited and may run now; return their Runes' names."""
    runes, started = system.runes, []
    for name in sorted(runes.by_name):
        waiting = runes.by_name[name].waiting
        try:
            if waiting is not None and _take(system, name, waiting[1], None) is not None:
                started.append(name)
        except (RuneError, MemoryError) as error:
            # The others are started. What failed as it was started is in the log.
            if runes.by_name[name].waiting is not None:
                runes.warn(name, error)
    return started


def _revoke(system: object, link: object, given: "dict[str, object]") -> object:
    from runicos import grants
    from runicos.contract import policy

    _check_owner(system, link, "revoke", given)
    name, kinds = given["name"], given["kinds"]
    if kinds and not policy.is_kinds(kinds):
        raise RuneError(BAD_REQUEST, "revoke", "argument kinds has a wrong value")
    if kinds:
        _check_known(system.runes, name)
        grants.revoke(system.store.root, name, kinds)
        system.note(INFO, name, "is no longer granted " + ", ".join(sorted(kinds)))
    return {"dropped": _drop(system.runes, name, kinds), "stopped": _enforce(system)}


def _check_known(runes: object, name: str) -> None:
    """Raise RuneError for the name of no Rune, which has no grant from before either: a typo."""
    from runicos.contract.rune_manifest import is_name
    from runicos.permit import has_grant

    if is_name(name) and not has_grant(runes.store.root, name):
        runes.find(name)


def _drop(runes: object, name: str, kinds: "list[str]") -> bool:
    """Forget the version that waits if it asks for any of these kinds, or anyway without any.

    Returns whether there was one. Raises RuneError.
    """
    rune = runes.by_name.get(name)
    if rune is None or rune.waiting is None:
        return False
    wanted = _asked_by(runes, _pointer(runes, name).waiting)[0]
    if kinds and not any([kind in wanted for kind in kinds]):
        return False
    if rune.waits:
        from runicos.permit import remove

        remove(runes, name)
        return True
    from runicos.versions import recall
    from runicos.waiting import drop

    drop(runes.store, name)
    recall(runes.store, rune)
    runes.note(INFO, name, "the version that waited is gone")
    return True


def _pointer(runes: object, name: str) -> object:
    from runicos.pointer import read

    found = read(runes.store, name)
    if found is None:
        raise RuneError(STORE_FAILED, "the record of %s is damaged" % name)
    return found


def _asked_by(
    runes: object, version: "list[object]", signed_as: "str | None" = None
) -> "tuple[dict[str, object], bytes | None]":
    """Return what a version on flash asks for, and who signed it: checked, if as that name's.

    Then it is above that Rune's floor, too. Raises RuneError.
    """
    from runicos.pointer import open_body

    body = open_body(runes.store, version)
    try:
        slot = runes.read_slot(body.parts, signed_as)
        if signed_as is not None:
            from runicos.floors import check

            check(runes.store.root, signed_as, slot.manifest)
        return _asked_in(runes, slot)
    finally:
        body.close()


def _asked_in(runes: object, slot: object) -> "tuple[dict[str, object], bytes | None]":
    """Return the same of a slot; what an original Rune asks for, only its code knows."""
    from runicos.contract import policy
    from runicos.grants import signer_of

    wanted = {} if slot.manifest is None else policy.demands(slot.manifest)
    return wanted, signer_of(runes.store.root, slot)


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
            signer = grants.signer_of(system.store.root, rune.slot)
            wanted = grants.demands_of_loaded(rune)
            grants.check(system.store.root, rune.name, wanted, signer, True)
        except Refused as error:
            rune.denials = grants.counted(rune.denials, error)
            system.runes.unload(rune)
            rune.back_off = None
            system.runes.enter(rune, STOPPED, error)
            stopped.append(rune.name)
    return stopped
