"""Asking: what a Rune wants of a board, in plain words, and which of it its owner must grant.

The answer comes from contract/policy.py, which the board asks again for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from runicd.answers import checked
from runicd.client import Client
from runicd.errors import LinkError, RefusedError
from runicd.runefile.describe import original_stages
from runicd.runefile.read_rune import read_rune
from runicd.types import Rune
from runicos.contract import policy, rune_manifest, signature
from runicos.contract.errors import NOT_GRANTED, POLICY_DENIES
from runicos.contract.sentences import sentence

Limits = Mapping[str, float] | None
Demands = Mapping[str, Limits]
"""What a Rune wants, by kind; None where only its code knows the limits."""

_SHOWN: dict[str, type] = {"policy": dict, "grant": dict}
_HELD: dict[str, type] = {"demands": dict, "revoked": list}
_WORDS = {
    "RAND": "takes random numbers",
    "SOUND": "hears the microphone",
    "ACCEL": "reads the accelerometer",
    "IMAGE": "sees through the camera",
    "RAW": "reads raw data from a sensor",
    "FLOAT_IMAGE": "sees through the camera",
    "SERIAL": "writes results to the serial line",
    "BLE": "sends results over Bluetooth",
    "PIN": "switches pins",
    "WIFI": "sends results over Wi-Fi",
    "TENSOR": "hands out whole tensors",
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What a board makes of a Rune's demands: `denied` sentences, and what needs a grant."""

    denied: tuple[str, ...]
    asked: Demands


Consent = Callable[[str, Demands], Demands | None]
"""Given a Rune's name and what needs a grant, returns what of it is granted: None if nothing is,
or nobody is there to say so. May raise RefusedError."""


def demands(rune: Rune) -> Demands:
    """Return what a Rune wants, from its file alone."""
    if rune.manifest is not None:
        return policy.demands(rune_manifest.parse(dict(rune.manifest)))
    wanted = original_stages(read_rune(rune.data))[0]
    return {one.kind: None for one in wanted if one.kind in policy.KINDS}


def terms(client: Client, rune: Rune) -> Terms:
    """Return what the board's policy and its grants say of a Rune; may raise as `judged_by`."""
    return judged_by(client, rune.name, demands(rune), signer_of(rune))


def signer_of(rune: Rune) -> bytes | None:
    """Return the id of the key that a Rune's file says that it is signed with, None without."""
    found = signature.read(rune.data)
    return None if found is None else found[1]


def judged_by(client: Client, name: str, wanted: Demands, signer: bytes | None) -> Terms:
    """Return what the board's policy and its grants say of what a Rune of a signer's wants.

    Raises LinkError for an answer that makes no sense, BoardError for a policy that is damaged.
    """
    shown = checked(client.request("policy_show", {"name": name}), _SHOWN, "policy", client.where)
    rules, held = shown["policy"], checked(shown["grant"], _HELD, "grant", client.where)
    if policy.fault_of_policy(rules) is not None or not policy.is_demands(held["demands"], True):
        raise LinkError("the board's policy makes no sense", where=client.where)
    return judged(name, wanted, rules, held, signer)


def judged(
    name: str,
    wanted: Demands,
    rules: dict[str, Any],
    held: Mapping[str, Any],
    signer: bytes | None,
) -> Terms:
    """Return what a checked policy and a grant say of a Rune's demands."""
    denied, asked = [], {}
    granted = held["demands"] if held.get("signer") == signer else {}
    for kind, limits in sorted(wanted.items()):
        known = None if limits is None else dict(limits)
        effect, rule = policy.judge(rules, name, kind, known, signer)
        if effect == "deny":
            decided = f"rule {rule}" if rule else "its default"
            denied.append(sentence(POLICY_DENIES, [decided, kind, name]))
        elif kind in held["revoked"] or (
            effect == "ask" and not policy.covers(granted, kind, known)
        ):
            asked[kind] = limits
    return Terms(tuple(denied), asked)


def words(kind: str, limits: Limits) -> str:
    """Return a demand in plain words."""
    said = _WORDS.get(kind, kind)
    if limits is None:
        return f"{kind}: {said}"
    known = dict(limits)
    parts = []
    if "hz" in known:
        parts.append(f"at {known.pop('hz') / 1000:g} kHz")
    if "width" in known and "height" in known:
        parts.append(f"at {known.pop('width'):g} x {known.pop('height'):g} pixels")
    rate = known.pop("reads_per_s", None)
    written = known.pop("bytes_per_s", None)
    parts += [f"{name.replace('_', ' ')} {value:g}" for name, value in sorted(known.items())]
    if rate is not None:
        parts.append("once a second" if rate == 1 else f"{rate:,g} times a second")
    if written is not None:
        parts.append(f"at most {written:,g} bytes a second")
    return ", ".join([f"{kind}: {said}", *parts])


def list_of(rune: Rune, ram_bytes: int) -> tuple[str, ...]:
    """Return all that a Rune asks for in plain words: kinds, memory, time."""
    said = [words(kind, limits) for kind, limits in sorted(demands(rune).items())]
    memory = f"memory: {ram_bytes:,} bytes of RAM"
    return *said, memory, _time(rune)


def _time(rune: Rune) -> str:
    call_ms = rune_manifest.parse(dict(rune.manifest)).call_ms if rune.manifest else 0
    most = f"at most {call_ms:,} ms" if call_ms else "as long as the board lets a call take"
    return f"time: each call {most}"


def nobody(name: str, asked: Demands) -> None:
    """Grant nothing: the Consent of who cannot be asked. What is cast waits for its grant."""


def needs(name: str, asked: Demands) -> list[str]:
    """Return a sentence for each demand that needs a grant."""
    return [
        sentence(NOT_GRANTED, [name, words(kind, asked[kind]), name]) for kind in sorted(asked)
    ]


def refuse(name: str, asked: Demands) -> NoReturn:
    """Raise RefusedError with every demand that needs a grant."""
    raise RefusedError(f"{name} needs a grant", needs(name, asked))
