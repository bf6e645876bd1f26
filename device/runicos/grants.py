"""Grants: what the board's owner lets each Rune do, and the policy that says what needs a grant.

    policy          CBOR, see contract/policy.py; without the file, board.toml's [policy]
    <name>.grant    CBOR {"demands": what is granted, by kind, "revoked": [kinds], "signer": id,
                    "before": [[signer, demands]]}

A grant is for what one key has signed, or nobody (None): a Rune of that name that another one
signed has none. `before` is what other keys' were granted earlier: for versions that are on the
board already, as they may come back, never for what is cast. What is revoked needs a grant
whatever the policy allows. Where the policy's file is damaged, nothing is allowed; where a
grant's is, nothing is granted.
"""

from micropython import const

from runicos import small_files
from runicos.contract import cbor, policy
from runicos.contract.errors import (
    BAD_NAME,
    BAD_POLICY,
    NOT_GRANTED,
    POLICY_DENIES,
    Refused,
    RuneError,
)
from runicos.limits import policy_default

_POLICY_BYTES_MAX = const(2048)
_GRANT_BYTES_MAX = const(1024)
# As many versions may there be beside the one that a grant is for.
_BEFORE_MAX = const(2)


def signer_of(root: str, slot: object) -> "bytes | None":
    """Return the id of the key that a Rune is signed with, None unless the board trusts it.

    Whether the signature is right was checked when the slot was read.
    """
    from runicos.contract.signature import read
    from runicos.trust import key_of

    found = read(slot.parts[-1])
    return None if found is None or key_of(root, found[1]) is None else found[1]


def check(
    root: str,
    name: str,
    wanted: "dict[str, object]",
    signer: "bytes | None",
    is_there: bool = False,
) -> None:
    """Raise Refused, with every reason, unless a Rune that a key signed may have all it wants.

    A version that `is_there` may have what its key's were granted before another key's.
    """
    rules, held = policy_of(root), grant_of(root, name)
    grants = [[held["signer"], held["demands"]]] + (held["before"] if is_there else [])
    granted = ([demands for key, demands in grants if key == signer] or [{}])[0]
    reasons = []
    for kind in sorted(wanted):
        effect, rule = policy.judge(rules, name, kind, wanted[kind], signer)
        if effect == "deny":
            decided = "rule %d" % rule if rule else "its default"
            reasons.append((POLICY_DENIES, decided, kind, name))
        elif kind in held["revoked"] or (
            effect == "ask" and not policy.covers(granted, kind, wanted[kind])
        ):
            reasons.append((NOT_GRANTED, name, _text(kind, wanted[kind]), name))
    if reasons:
        raise Refused(reasons)


def _text(kind: str, limits: "dict[str, float] | None") -> str:
    known = limits or {}
    stated = ["%s %s" % (name, known[name]) for name in sorted(known)]
    return kind + (" (%s)" % ", ".join(stated) if stated else "")


def counted(before: "dict[str, int] | None", refused: Refused) -> "dict[str, int]":
    """Return what a Rune was denied, by kind and by whom, with what is refused now."""
    counts = dict(before or {})
    for reason in refused.reasons:
        # The kind may have its limits behind it.
        kind = reason[2].split(" ")[0]
        name = kind + (" by policy" if reason[0] == POLICY_DENIES else " by grant")
        counts[name] = counts.get(name, 0) + 1
    return counts


def demands_of_loaded(rune: object) -> "dict[str, object]":
    """Return the demands of a Rune that is loaded; an original's limits are not known any more."""
    manifest = rune.slot.manifest
    if manifest is None:
        return dict.fromkeys(rune.container.granted)
    return policy.demands(manifest)


# ---- On flash


def policy_of(root: str) -> "dict[str, object]":
    """Return the board's policy. Raises RuneError for a damaged one."""
    data = small_files.read(root + "/policy", _POLICY_BYTES_MAX + 1)
    if data is None:
        return {"default": policy_default(), "rules": []}
    try:
        found = cbor.loads(data)
    except ValueError as error:
        raise RuneError(BAD_POLICY, "the board's file", str(error))
    _check_policy(found)
    return found


def _check_policy(found: object) -> None:
    fault = policy.fault_of_policy(found)
    if fault is not None:
        rule, key, words = fault
        where = "rule %d" % rule if rule else "top"
        raise RuneError(BAD_POLICY, where + ("." + key if key else ""), words)


def set_policy(root: str, given: "dict[str, object] | None") -> None:
    """Keep a policy; None goes back to board.toml's. Raises RuneError."""
    path = root + "/policy"
    if given is None:
        small_files.remove(path)
        return
    _check_policy(given)
    data = cbor.dumps(given)
    if len(data) > _POLICY_BYTES_MAX:
        raise RuneError(BAD_POLICY, "its size", "it takes more than %d bytes" % _POLICY_BYTES_MAX)
    small_files.replace(path, data)


def grant_of(root: str, name: str) -> "dict[str, object]":
    """Return what a Rune is granted; nothing where the file is none of ours."""
    try:
        found = cbor.loads(small_files.read(_path(root, name), _GRANT_BYTES_MAX + 1) or b"")
    except ValueError:
        found = None
    if isinstance(found, dict) and sorted(found) == ["before", "demands", "revoked", "signer"]:
        revoked, before = found["revoked"], found["before"]
        if (
            (revoked == [] or policy.is_kinds(revoked))
            and isinstance(before, list)
            and all([_is_grant(one) for one in before + [[found["signer"], found["demands"]]]])
        ):
            return found
    return {"demands": {}, "revoked": [], "signer": None, "before": []}


def _is_grant(one: object) -> bool:
    if not isinstance(one, list) or len(one) != 2 or not policy.is_demands(one[1], True):
        return False
    return one[0] is None or policy.is_signer(one[0])


def grant(root: str, name: str, more: "dict[str, object]", signer: "bytes | None") -> None:
    """Grant a Rune that a key signed more; what another one's was granted is `before` now.

    Raises RuneError.
    """
    held = grant_of(root, name)
    if held["signer"] != signer:
        earlier = [[held["signer"], held["demands"]]] if held["demands"] else []
        earlier += [one for one in held["before"] if one[0] != signer]
        held["before"] = earlier[:_BEFORE_MAX]
        held["demands"], held["signer"] = {}, signer
    held["demands"].update(more)
    held["revoked"] = [kind for kind in held["revoked"] if kind not in more]
    _keep(root, name, held)


def revoke(root: str, name: str, kinds: "list[str]") -> None:
    """Take kinds from a Rune, which needs a grant for them from now on. Raises RuneError."""
    held = grant_of(root, name)
    for kind in kinds:
        for demands in [held["demands"]] + [one[1] for one in held["before"]]:
            demands.pop(kind, None)
        if kind not in held["revoked"]:
            held["revoked"].append(kind)
    _keep(root, name, held)


def forget(root: str, name: str) -> None:
    """Forget what a Rune that is removed was granted; what was revoked stays so."""
    held = grant_of(root, name)
    held["demands"], held["before"] = {}, []
    if held["revoked"]:
        _keep(root, name, held)
    else:
        small_files.remove(_path(root, name))


def _keep(root: str, name: str, held: "dict[str, object]") -> None:
    data = cbor.dumps(held)
    while len(data) > _GRANT_BYTES_MAX and held["before"]:
        held["before"].pop()
        data = cbor.dumps(held)
    if len(data) > _GRANT_BYTES_MAX:
        raise RuneError(BAD_POLICY, "grant", "it takes more than %d bytes" % _GRANT_BYTES_MAX)
    small_files.replace(_path(root, name), data)


def _path(root: str, name: str) -> str:
    from runicos.contract.rune_manifest import is_name

    if not is_name(name):
        raise RuneError(BAD_NAME, name)
    return root + "/" + name + ".grant"
