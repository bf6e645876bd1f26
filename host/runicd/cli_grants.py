"""`runicd policy`, `grant` and `revoke`: what a board's owner lets Runes do."""

from __future__ import annotations

import sys
from argparse import Namespace
from hashlib import sha256
from pathlib import Path
from typing import Any

from runicd import call as calls
from runicd import targets
from runicd.answers import checked, resumed
from runicd.cast import granting
from runicd.cast.asking import (
    Consent,
    Demands,
    Terms,
    demands,
    judged,
    judged_by,
    needs,
    signer_of,
    words,
)
from runicd.cast.granting import Asked
from runicd.cli_board import sensor_advice
from runicd.cli_show import Show
from runicd.client import Client
from runicd.errors import BoardError, InputError, RefusedError, UsageError
from runicd.keys.board import command, owner_of
from runicd.names import printable
from runicd.policy_files import policy_text, read_policy
from runicd.runefile.open_rune import open_rune
from runicd.types import Rune
from runicos.contract import policy, rune_manifest
from runicos.contract.errors import NO_SUCH_RUNE

_SHOWN: dict[str, type] = {"policy": dict}
_STOPPED: dict[str, type] = {"stopped": list}
# What waits may be started.
_POLICY_DEADLINE_S = 30.0
_NOTHING: dict[str, Any] = {"demands": {}, "revoked": [], "signer": None}


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
        owner = owner_of(client, arguments.by)
        answer = command(
            client, "policy_set", {"policy": value}, owner, deadline_s=_POLICY_DEADLINE_S
        )
        told = checked(answer, _STOPPED | {"started": list}, "answer", client.where)
        again = resumed(answer, client.where)
        stopped = _stopped(client, told["stopped"])
    count = len(value["rules"])
    rules = "1 rule is set" if count == 1 else f"{count} rules are set"
    show.note(f"{rules}, default {value['default']}")
    _say_stopped(stopped, show)
    _say_resumed(again, show)
    for name in told["started"]:
        show.note(printable(f"{name} waited for a grant, and runs: the policy allows it"))
    return 0


def check(arguments: Namespace, show: Show) -> int:
    """Say what a policy makes of a Rune; 3 when it may not run without a grant, or at all."""
    rune, rules = open_rune(arguments.rune), read_policy(Path(arguments.policy))
    wanted = demands(rune)
    signer = signer_of(rune)
    found = judged(rune.name, wanted, rules, _NOTHING, signer)
    rows = []
    for kind, limits in sorted(wanted.items()):
        known = None if limits is None else dict(limits)
        effect, rule = policy.judge(rules, rune.name, kind, known, signer)
        decided = f"rule {rule}" if rule else "default"
        rows.append({"effect": effect, "by": decided, "demand": words(kind, limits)})
    show.listing(rows, {"effect": "Effect", "by": "By", "demand": "What the Rune does"})
    return 3 if found.denied or found.asked else 0


def grant(arguments: Namespace, show: Show) -> int:
    """Grant what a Rune asks for, or some kinds of it; a version that waits is started."""
    rune = _file_of(arguments.rune)
    name = arguments.rune if rune is None else rune.name
    target = targets.resolve(arguments.target)
    with Client(target.connect) as client, sensor_advice(target):
        found = _on_board(client, name, rune)
        waiting = found.waiting
        asked = found.demands if waiting is None else waiting.demands
        if rune is None and not asked:
            remedy = "give its file: what an original Rune asks for, its code knows"
            raise InputError(f"{name} asks for nothing that the board knows of", remedy=remedy)
        wanted = chosen(asked, arguments.kinds, name)
        version = None if waiting is None else waiting.sha256
        signer = found.signer if waiting is None else waiting.signer
        granted = granting.grant(
            client, name, wanted, signer, version, arguments.period, by=arguments.by
        )
        started = granted.started
        for kind, limits in sorted(wanted.items()):
            show.note(printable(f"{name} is granted {words(kind, limits)}"))
        _say_resumed(granted.resumed, show)
        if started is None:
            _check_may_run(
                judged_by(client, name, asked, signer), name, is_waiting=waiting is not None
            )
    if waiting is not None and started is not None:
        passed = " (self-test passed)" if started["self_test"] == "passed" else ""
        show.note(printable(f"Running: {name} {waiting.release}{passed}"))
    return 0


def _check_may_run(found: Terms, name: str, *, is_waiting: bool) -> None:
    """Raise RefusedError where a grant that was given is not enough: no grant is, if denied."""
    if is_waiting:
        reasons = [*found.denied, *needs(name, found.asked)]
        raise RefusedError(f"{name} still waits for a grant", reasons)
    if found.denied:
        raise RefusedError(f"{name} may not run, whatever it is granted", found.denied)


def _file_of(text: str) -> Rune | None:
    """Return the Rune in a file or folder; None where the text can but be a name."""
    is_name = rune_manifest.is_name(text) and not Path(text).exists()
    return None if is_name else open_rune(text)


def _on_board(client: Client, name: str, rune: Rune | None) -> Asked:
    """Return what a Rune on the board asks for, or the file, which may wait there."""
    try:
        found = granting.asked_by(client, name)
    except BoardError as error:
        # It may be granted what it asks for before it is cast.
        if rune is None or error.code != NO_SUCH_RUNE:
            raise
        found = Asked({}, None, None)
    if rune is None:
        return found
    waiting = found.waiting
    is_same = waiting is not None and waiting.sha256 == sha256(rune.data).digest()
    return Asked(demands(rune), signer_of(rune), waiting if is_same else None)


def revoke(arguments: Namespace, show: Show) -> int:
    """Take kinds from a Rune, which stops if it needs them; or drop the version that waits."""
    if arguments.waiting and arguments.kinds:
        raise UsageError("--waiting takes no kinds: the whole version goes")
    kinds = [] if arguments.waiting else arguments.kinds or list(policy.KINDS)
    with targets.connect(arguments.target) as client:
        wanted = {"name": arguments.name, "kinds": kinds}
        answer = command(client, "revoke", wanted, owner_of(client, arguments.by))
        told = checked(answer, _STOPPED, "answer", client.where)
        stopped = _stopped(client, told["stopped"])
    is_dropped = told.get("dropped") is True
    if arguments.waiting and not is_dropped:
        raise InputError(f"no version of {arguments.name} waits for a grant")
    if kinds:
        show.note(f"{arguments.name} needs a grant for {', '.join(kinds)} from now on")
    if is_dropped:
        show.note(f"the version of {arguments.name} that waited for a grant is gone")
    _say_stopped(stopped, show)
    return 0


def _stopped(client: Client, names: list[Any]) -> list[str]:
    """Say of each Rune that was stopped why, as the board has it."""
    rows = {row["name"]: row for row in calls.ps(client)} if names else {}
    return [_reason(rows[name]) for name in names if name in rows]


def _reason(row: dict[str, Any]) -> str:
    if row["error"]:
        return f"{row['name']} is stopped: {row['error']}"
    # A version on trial gave way to the one before it, which has no error.
    return str(row["went_back_because"] or f"{row['name']} was stopped")


def _say_stopped(stopped: list[str], show: Show) -> None:
    for text in stopped:
        show.warn(printable(text))


def _say_resumed(names: list[str], show: Show) -> None:
    for name in names:
        show.note(printable(f"{name} runs again"))


def chosen(wanted: Demands, kinds: list[str], name: str) -> Demands:
    """Return the demands of these kinds, or all. Raises UsageError for one that is not asked."""
    strange = [kind for kind in kinds if kind not in wanted]
    if strange:
        asked = ", ".join(sorted(wanted)) or "nothing"
        raise UsageError(f"{name} does not ask for {strange[0]}, but for {asked}")
    return {kind: limits for kind, limits in wanted.items() if not kinds or kind in kinds}


def consent_of(arguments: Namespace) -> Consent:
    """Return how a cast gets its grant: by options, at the terminal, or not at all."""
    kinds: list[str] = arguments.grant

    def consent(name: str, asked: Demands) -> Demands | None:
        if arguments.yes:
            return asked
        if kinds:
            # It waits for the others.
            return {kind: limits for kind, limits in asked.items() if kind in kinds} or None
        if sys.stdin.isatty() and sys.stderr.isatty():
            return _ask(name, asked)
        return None

    return consent


def _ask(name: str, asked: Demands) -> Demands:
    lines = [f"{name} wants to use this board:"]
    lines += [f"  {words(kind, limits)}" for kind, limits in sorted(asked.items())]
    # Line by line: what is printable has no line ends.
    sys.stderr.write("\n".join([*map(printable, lines), "Grant it? [y/N] "]))
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() in ("y", "yes"):
        return asked
    raise RefusedError(f"{name} is not granted what it needs", ["nothing was sent"])
