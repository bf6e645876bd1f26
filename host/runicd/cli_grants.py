"""`runicd policy`, `grant` and `revoke`: what a board's owner lets Runes do."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from runicd import targets
from runicd.answers import checked
from runicd.cast.asking import Consent, Demands, demands, judged, refuse, words
from runicd.cli_show import Show
from runicd.errors import RefusedError, UsageError
from runicd.names import printable
from runicd.policy_files import policy_text, read_policy
from runicd.runefile.open_rune import open_rune
from runicos.contract import policy

_SHOWN: dict[str, type] = {"policy": dict}
_STOPPED: dict[str, type] = {"stopped": list}
_NOTHING: dict[str, Any] = {"demands": {}, "revoked": []}


def show(arguments: Namespace, show: Show) -> int:
    """Print a board's policy as a policy file."""
    with targets.connect(arguments.target) as client:
        shown = checked(client.request("policy_show"), _SHOWN, "policy", client.where)["policy"]
    if show.json:
        show.value(shown)
    else:
        show.line(policy_text(shown).rstrip())
    return 0


def set_policy(arguments: Namespace, show: Show) -> int:
    """Give a board a policy."""
    value = read_policy(Path(arguments.policy))
    with targets.connect(arguments.target) as client:
        answer = client.request("policy_set", {"policy": value})
        stopped = checked(answer, _STOPPED, "answer", client.where)["stopped"]
    show.note(f"{len(value['rules'])} rules are set, default {value['default']}")
    _say_stopped(stopped, show)
    return 0


def check(arguments: Namespace, show: Show) -> int:
    """Say what a policy makes of a Rune; 3 when it may not run without a grant, or at all."""
    rune, rules = open_rune(arguments.rune), read_policy(Path(arguments.policy))
    wanted = demands(rune)
    found = judged(rune.name, wanted, rules, _NOTHING)
    rows = []
    for kind, limits in sorted(wanted.items()):
        known = None if limits is None else dict(limits)
        effect, rule = policy.judge(rules, rune.name, kind, known)
        decided = f"rule {rule}" if rule else "default"
        rows.append({"effect": effect, "by": decided, "demand": words(kind, limits)})
    show.listing(rows, {"effect": "Effect", "by": "By", "demand": "What the Rune does"})
    return 3 if found.denied or found.asked else 0


def grant(arguments: Namespace, show: Show) -> int:
    """Grant what a Rune's file asks for, or of that some kinds."""
    rune = open_rune(arguments.rune)
    wanted = chosen(demands(rune), arguments.kinds, rune.name)
    with targets.connect(arguments.target) as client:
        client.request("grant", {"name": rune.name, "demands": _plain(wanted)})
    for kind, limits in sorted(wanted.items()):
        show.note(f"{rune.name} is granted {words(kind, limits)}")
    return 0


def revoke(arguments: Namespace, show: Show) -> int:
    """Take kinds from a Rune, which stops if it needs them."""
    kinds = arguments.kinds or list(policy.KINDS)
    _check_kinds(kinds)
    with targets.connect(arguments.target) as client:
        answer = client.request("revoke", {"name": arguments.name, "kinds": kinds})
        stopped = checked(answer, _STOPPED, "answer", client.where)["stopped"]
    show.note(f"{arguments.name} needs a grant for {', '.join(kinds)} from now on")
    _say_stopped(stopped, show)
    return 0


def _say_stopped(names: list[Any], show: Show) -> None:
    for name in names:
        show.warn(printable(f"{name} is stopped: it needs a grant"))


def chosen(wanted: Demands, kinds: list[str], name: str) -> Demands:
    """Return the demands of these kinds, or all. Raises UsageError for one that is none."""
    _check_kinds(kinds)
    strange = [kind for kind in kinds if kind not in wanted]
    if strange:
        asked = ", ".join(sorted(wanted)) or "nothing"
        raise UsageError(f"{name} does not ask for {strange[0]}, but for {asked}")
    return {kind: limits for kind, limits in wanted.items() if not kinds or kind in kinds}


def _check_kinds(kinds: list[str]) -> None:
    for kind in kinds:
        if kind not in policy.KINDS:
            known = ", ".join(policy.KINDS)
            raise UsageError(f"there is no kind {kind}", remedy=f"the kinds are {known}")


def _plain(wanted: Demands) -> dict[str, Any]:
    return {kind: None if limits is None else dict(limits) for kind, limits in wanted.items()}


def consent_of(arguments: Namespace) -> Consent:
    """Return how a cast gets its grant: by options, at the terminal, or not at all."""
    kinds: list[str] = arguments.grant

    def consent(name: str, asked: Demands) -> Demands:
        if arguments.yes:
            return asked
        if kinds:
            _check_kinds(kinds)
            left = {kind: limits for kind, limits in asked.items() if kind not in kinds}
            return asked if not left else refuse(name, left)
        if sys.stdin.isatty() and sys.stderr.isatty():
            return _ask(name, asked)
        return refuse(name, asked)

    return consent


def _ask(name: str, asked: Demands) -> Demands:
    lines = [f"{name} wants to use this board:"]
    lines += [f"  {words(kind, limits)}" for kind, limits in sorted(asked.items())]
    sys.stderr.write(printable("\n".join(lines)) + "\nGrant it? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() in ("y", "yes"):
        return asked
    raise RefusedError(f"{name} is not granted what it needs", ["nothing was sent"])
