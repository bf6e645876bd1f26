"""Preflight: may this Rune run on that board? Asked of live facts, before a byte is sent.

The answer comes from contract/admission.py, which the board asks again for itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runicd.client import Client, board_error
from runicd.errors import LinkError, RuneFormatError
from runicd.types import Rune, Verdict
from runicos.contract import admission, rune_manifest
from runicos.contract.errors import Refused, RuneError, sentence


def board_facts(client: Client) -> dict[str, Any]:
    """Return what the board says of itself; LinkError when that makes no sense."""
    facts = client.request("facts")
    needed: dict[str, type] = {
        "name": str,
        "provider": str,
        "abi": list,
        "capabilities": dict,
        "outputs": list,
    }
    needed |= {"ops": list, "blocks": list, "heap_free": int, "flash_free": int}
    if not isinstance(facts, dict) or not all(
        isinstance(facts.get(key), kind) for key, kind in needed.items()
    ):
        raise LinkError(
            "the board's facts cannot be read",
            where=client.where,
            remedy="update runicd or the board's firmware",
        )
    return facts


@dataclass(frozen=True, slots=True)
class Held:
    """What the board already gives to the Rune of that name, and gets back when it is replaced."""

    ram_bytes: int = 0
    same_file: bool = False


def held(rows: list[Mapping[str, Any]], rune: Rune) -> Held:
    """Find the Rune's own share in what `ps` lists."""
    digest = hashlib.sha256(rune.data).hexdigest()
    for row in rows:
        if row["name"] == rune.name:
            sha256 = row["sha256"]
            text = sha256.hex() if isinstance(sha256, bytes) else str(sha256)
            return Held(int(row["ram_bytes"] or 0), text == digest)
    return Held()


def preflight(rune: Rune, facts: Mapping[str, Any], own: Held | None = None) -> Verdict:
    """Return whether the board of these facts can run the Rune, with every reason against."""
    board = str(facts["name"])
    if rune.manifest is None:
        return Verdict(board, (), 0)
    own = own or Held()
    freed = {**facts, "heap_free": facts["heap_free"] + own.ram_bytes}
    file_bytes = 0 if own.same_file else len(rune.data)
    try:
        manifest = rune_manifest.parse(dict(rune.manifest))
        grant = admission.admit(manifest, freed, file_bytes)
    except Refused as refused:
        reasons = [_sentence(reason) for reason in refused.reasons]
        return Verdict(board, tuple(reasons), admission.ram_bytes(manifest))
    except RuneError as error:
        broken = board_error(error.code, list(error.arguments))
        raise RuneFormatError(broken.what, where=rune.name, remedy=broken.remedy) from error
    return Verdict(board, (), grant.ram_bytes)


def _sentence(reason: Sequence[object]) -> str:
    code, *arguments = reason
    assert isinstance(code, int)
    return sentence(code, arguments)
