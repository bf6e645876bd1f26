"""Preflight: may this Rune run on that board? Asked of live facts, before a byte is sent.

The answer comes from contract/admission.py, which the board asks again for itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runicd.client import Client, board_error, checked
from runicd.errors import LinkError, RuneFormatError
from runicd.types import Rune, Verdict
from runicos.contract import admission, rune_manifest
from runicos.contract.errors import Refused, RuneError, sentence

_FACTS: dict[str, type] = {
    "name": str,
    "provider": str,
    "abi": list,
    "capabilities": dict,
    "outputs": list,
    "ops": list,
    "blocks": list,
    "heap_free": int,
    "flash_free": int,
}
_ROW: dict[str, type] = {"name": str, "ram_bytes": int, "sha256": bytes}


def board_facts(client: Client) -> dict[str, Any]:
    """Return what the board says of itself; LinkError when that makes no sense."""
    return checked(client.request("facts"), _FACTS, "facts", client.where)


@dataclass(frozen=True, slots=True)
class Held:
    """What the board already gives to the Rune of that name, and gets back when it is replaced."""

    ram_bytes: int = 0
    same_file: bool = False


def held(client: Client, rune: Rune) -> Held:
    """Find the Rune's own share in what the board lists."""
    digest = hashlib.sha256(rune.data).digest()
    for row in client.rows("ps"):
        if checked(row, _ROW, "list of Runes", client.where)["name"] == rune.name:
            return Held(row["ram_bytes"], row["sha256"] == digest)
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
    except (TypeError, ValueError, AttributeError, AssertionError) as error:
        # The manifest has been checked, so it is the facts that have other types inside.
        raise LinkError("the board's facts make no sense", where=board) from error
    except RuneError as error:
        broken = board_error(error.code, list(error.arguments))
        raise RuneFormatError(broken.what, where=rune.name, remedy=broken.remedy) from error
    return Verdict(board, (), grant.ram_bytes)


def _sentence(reason: Sequence[object]) -> str:
    code, *arguments = reason
    assert isinstance(code, int)
    return sentence(code, arguments)
