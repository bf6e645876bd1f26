"""Granting: an owner's word to a board on what a Rune may have, and on what waits for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from runicd.answers import checked, resumed
from runicd.cast.asking import Demands
from runicd.cast.start import heard
from runicd.client import Client
from runicd.errors import LinkError
from runicd.keys.board import command, owner_of
from runicos.contract import policy

_DEADLINE_S = 30.0
_DEMANDS: dict[str, type] = {"current": dict}
_WAITING: dict[str, type] = {"release": str, "sha256": bytes, "demands": dict}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A version that the board keeps until its owner grants what it asks for."""

    release: str
    sha256: bytes
    demands: Demands
    signer: bytes | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a board's Rune asks for and who signed it; and the version that waits, if any."""

    demands: Demands
    signer: bytes | None
    waiting: Waiting | None


@dataclass(frozen=True, slots=True)
class Granted:
    """What came of a grant: a start's answer, or None; and the Runes that it lets go on."""

    started: dict[str, Any] | None
    resumed: list[str]


def asked_by(client: Client, name: str) -> Asked:
    """Return what a board's Rune asks for: its version that runs, and the one that waits.

    Raises BoardError where there is no such Rune, LinkError for an answer that makes no sense.
    """
    answer = checked(client.request("demands", {"name": name}), _DEMANDS, "demands", client.where)
    current = _known(answer["current"], client.where)
    found = answer.get("waiting")
    if found is None:
        return Asked(current, _signer(answer, client.where), None)
    told = checked(found, _WAITING, "demands", client.where)
    wanted = _known(told["demands"], client.where)
    signer = _signer(told, client.where)
    waiting = Waiting(told["release"], told["sha256"], wanted, signer)
    return Asked(current, _signer(answer, client.where), waiting)


def _signer(told: Mapping[str, Any], where: str) -> bytes | None:
    signer = told.get("signer")
    if signer is not None and not policy.is_signer(signer):
        raise LinkError("the board's list of demands makes no sense", where=where)
    return signer


def _known(demands: Any, where: str) -> Demands:
    if not policy.is_demands(demands, True):
        raise LinkError("the board's list of demands makes no sense", where=where)
    return demands  # type: ignore[no-any-return]


def keep_period(client: Client, name: str, version: bytes, period_ms: int | None) -> None:
    """Have the version of that hash, which waits, called as its last cast wants it once it may."""
    client.request("period", {"name": name, "version": version, "period_ms": period_ms})


def grant(
    client: Client,
    name: str,
    wanted: Demands,
    signer: bytes | None,
    version: bytes | None = None,
    period_ms: int | None = None,
    listen: Callable[[], None] | None = None,
    by: str | None = None,
) -> Granted:
    """Grant a Rune that a key signed what it wants; the version of that hash is started then.

    None is started while more is to be granted. Raises what a start does, and BoardError where
    the board does not take us for its owner: over a network it is the order of the user's key
    `by`, or of the default one.
    """
    if listen and version is not None:
        listen()
    arguments = {
        "name": name,
        "demands": {kind: None if one is None else dict(one) for kind, one in wanted.items()},
        "signer": signer,
        "version": version,
        "period_ms": period_ms,
    }
    owner = owner_of(client, by)
    answer = command(client, "grant", arguments, owner, deadline_s=_DEADLINE_S)
    if version is None:
        return Granted(None, resumed(answer, client.where))
    started = answer.get("started") if isinstance(answer, dict) else None
    return Granted(None if started is None else heard(client, name, started, period_ms), [])
