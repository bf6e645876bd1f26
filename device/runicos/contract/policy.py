"""Policies and grants: what a Rune asks for, and whether it may have it.

A demand is a kind of sensor or output and its limits: {"SOUND": {"hz": 16000, "reads_per_s": 1}}.
A policy says of each demand whether it is allowed, denied, or needs a grant of the board's owner
("ask"): {"default": effect, "unsigned": "deny" or "allow", "rules": [rule]}. A rule has an
`effect`, and where it is not for everything, `kinds`, `limits` by kind, `rune`, a pattern of
names, and `signer`, a key's id. The first rule that matches decides. docs/grants.md
"""

from runicos.contract.checked_manifest import CAPABILITY_KINDS, OUTPUT_KINDS
from runicos.contract.patterns import matches

EFFECTS = ("ask", "allow", "deny")
KINDS = CAPABILITY_KINDS + OUTPUT_KINDS
RULES_MAX = 16
LIMITS_MAX = 16
_TOP = ("default", "unsigned", "rules")
_RULE = ("effect", "kinds", "limits", "rune", "signer")
SIGNER_BYTES = 8
# What a Rune does in a second, as opposed to how its sensor is set.
_READS = "reads_per_s"
_BYTES = "bytes_per_s"


def demands(manifest: object) -> "dict[str, dict[str, float]]":
    """Return what a checked manifest asks for: of each kind, the most of every limit.

    Several of one kind are read, or written, one after the other: their rates add up.
    """
    period_ms = manifest.period_ms  # type: ignore[attr-defined]
    calls_per_s = -(-1000 // period_ms) if period_ms else None
    wanted: "dict[str, dict[str, float]]" = {}
    for capability in manifest.capabilities:  # type: ignore[attr-defined]
        limits = dict(capability["params"])
        _rate(limits, _READS, capability, calls_per_s)
        _add(wanted, capability["kind"], limits, _READS)
    for output in manifest.outputs:  # type: ignore[attr-defined]
        limits = {}
        each = None if calls_per_s is None else calls_per_s * output["bytes"]
        _rate(limits, _BYTES, output, each)
        _add(wanted, output["kind"], limits, _BYTES)
    return wanted


def _rate(
    limits: "dict[str, float]", name: str, stated: "dict[str, float]", usual: "float | None"
) -> None:
    """Fill in a rate: what is stated, or what the Rune's period makes of it; none without."""
    rate = stated.get(name, usual)
    if rate is not None:
        limits[name] = rate


def _add(
    wanted: "dict[str, dict[str, float]]", kind: str, limits: "dict[str, float]", rate: str
) -> None:
    if kind not in wanted:
        wanted[kind] = limits
        return
    so_far = wanted[kind]
    if rate not in limits or rate not in so_far:
        # One of them has no limit, so both together have none.
        limits.pop(rate, None)
        so_far.pop(rate, None)
    for name, value in limits.items():
        before = so_far.get(name, 0 if name == rate else value)
        so_far[name] = before + value if name == rate else highest(before, value)


def highest(one: float, other: float) -> float:
    """Return the higher number; what is no number (NaN) stays so, and is within nothing."""
    if one != one or other != other:
        return one + other
    return max(one, other)


def judge(
    policy: "dict[str, object]",
    name: str,
    kind: str,
    limits: "dict[str, float] | None",
    signer: "bytes | None" = None,
) -> "tuple[str, int]":
    """Return the effect on one demand of the Rune `name`, and the deciding rule's number.

    Rules count from 1; 0 is the default. Limits that are not known (None) keep within none. The
    `signer` is the id of the key that the Rune is signed with, None without.
    """
    for index, rule in enumerate(policy["rules"]):  # type: ignore[arg-type,var-annotated]
        if "kinds" in rule and kind not in rule["kinds"]:
            continue
        if "rune" in rule and not matches(rule["rune"], name):
            continue
        if "signer" in rule and rule["signer"] != signer:
            continue
        most = rule.get("limits", {}).get(kind, {})
        if _is_within(limits, most):
            return rule["effect"], index + 1
    return str(policy["default"]), 0


def _is_within(limits: "dict[str, float] | None", most: "dict[str, float]") -> bool:
    """Say whether every limit of a rule is stated and kept."""
    if limits is None:
        return not most
    # Not `>`: what is no number is within nothing.
    return all([name in limits and limits[name] <= most[name] for name in most])


def covers(
    granted: "dict[str, dict[str, float] | None]", kind: str, limits: "dict[str, float] | None"
) -> bool:
    """Say whether a grant holds a demand: the same limits, none of them higher.

    A grant without limits (None) is for a Rune whose demands only its code knows.
    """
    if kind not in granted:
        return False
    most = granted[kind]
    if most is None or limits is None:
        return True
    return sorted(most) == sorted(limits) and _is_within(limits, most)


# ---- What comes from outside


def fault_of_policy(value: object) -> "tuple[int, str, str] | None":
    """Return what is wrong with a policy: rule (from 1, or 0), key, words; None if nothing is."""
    if not isinstance(value, dict):
        return 0, "", "is not a map"
    for key in value:
        if key not in _TOP:
            return 0, str(key), "is not known here; default, unsigned and rules are"
    if value.get("default") not in EFFECTS:
        return 0, "default", "is not one of ask, allow, deny"
    if value.get("unsigned", "deny") not in EFFECTS[1:]:
        return 0, "unsigned", "is not one of allow, deny"
    rules = value.get("rules")
    if not isinstance(rules, list) or len(rules) > RULES_MAX:
        return 0, "rules", "is not a list of at most %d rules" % RULES_MAX
    for index, rule in enumerate(rules):
        fault = _fault_of_rule(rule)
        if fault is not None:
            return index + 1, fault[0], fault[1]
    return None


def _fault_of_rule(rule: object) -> "tuple[str, str] | None":
    if not isinstance(rule, dict):
        return "", "is not a map"
    for key in rule:
        if key not in _RULE:
            return str(key), "is not known here; effect, kinds, limits, rune and signer are"
    if rule.get("effect") not in EFFECTS:
        return "effect", "is not one of ask, allow, deny"
    if "kinds" in rule and not is_kinds(rule["kinds"]):
        return "kinds", "is not a list of kinds, which are " + ", ".join(KINDS)
    if "rune" in rule and not (isinstance(rule["rune"], str) and len(rule["rune"]) <= 63):
        return "rune", "is not a pattern of names, of at most 63 characters"
    if "signer" in rule and not is_signer(rule["signer"]):
        return "signer", "is no key: neither the name of one of yours nor an id of 16 hex digits"
    return _fault_of_limits(rule) if "limits" in rule else None


def _fault_of_limits(rule: "dict[str, object]") -> "tuple[str, str] | None":
    limits = rule["limits"]
    if rule["effect"] == "deny":
        return "limits", "has no place in a rule that denies; allow up to there before it"
    if not is_demands(limits, False):
        return "limits", "is not a map of kinds, and for each of numbers by name"
    strange = [kind for kind in limits if kind not in rule.get("kinds", KINDS)]  # type: ignore[attr-defined,operator]
    if strange:
        return "limits", "has %s, which is none of the rule's kinds" % strange[0]
    return None


def is_signer(value: object) -> bool:
    """Say whether something is a key's id."""
    return isinstance(value, bytes) and len(value) == SIGNER_BYTES


def is_kinds(value: object) -> bool:
    """Say whether something is a list of kinds, not empty."""
    return isinstance(value, list) and len(value) > 0 and all([kind in KINDS for kind in value])


def is_demands(value: object, has_unlimited: bool) -> bool:
    """Say whether something is a map of limits by kind; None for them only if that is allowed."""
    if not isinstance(value, dict):
        return False
    for kind, limits in value.items():
        if kind not in KINDS:
            return False
        if not (_is_limits(limits) or (has_unlimited and limits is None)):
            return False
    return True


def _is_limits(value: object) -> bool:
    if not isinstance(value, dict) or len(value) > LIMITS_MAX:
        return False
    for name, most in value.items():
        if not isinstance(name, str) or len(name) > 63:
            return False
        if isinstance(most, bool) or not isinstance(most, (int, float)):
            return False
    return True
