"""Preflight: may this Rune run on that board? Asked of live facts, before a byte is sent.

The answer comes from contract/admission.py, which the board asks again for itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runicd.answers import checked
from runicd.client import Client
from runicd.errors import LinkError, RuneFormatError, board_error
from runicd.runefile.describe import original_stages
from runicd.runefile.read_rune import RuneFile, read_rune
from runicd.runefile.validate import fault_of
from runicd.types import Rune, Verdict
from runicos.contract import admission, memory, rune_manifest
from runicos.contract.errors import (
    FLASH_SHORT,
    NO_CAPABILITY,
    NO_ROOM_FOR_TWO,
    WASM_MEMORY_SHORT,
    Refused,
    RuneError,
)
from runicos.contract.sentences import sentence

_FACTS: dict[str, type] = {
    "name": str,
    "provider": str,
    "abi": list,
    "capabilities": dict,
    "outputs": list,
    "ops": list,
    "blocks": list,
    "rounding": str,
    "heap_free": int,
    "flash_free": int,
}
_POINTER_BYTES = (4, memory.WIDE_POINTER_BYTES)
_ROW: dict[str, type] = {"name": str, "ram_bytes": int, "sha256": bytes}


def board_facts(client: Client) -> dict[str, Any]:
    """Return what the board says of itself; LinkError when that makes no sense."""
    facts = checked(client.request("facts"), _FACTS, "facts", client.where)
    if facts.get("pointer_bytes", memory.WIDE_POINTER_BYTES) not in _POINTER_BYTES:
        raise LinkError("the board's facts make no sense", where=client.where)
    return facts


@dataclass(frozen=True, slots=True)
class Held:
    """What the board already gives to the Rune of that name, and gets back when it is replaced.

    A version of it may be there that waits for a grant: `same_waits` where it is this very file.
    """

    ram_bytes: int = 0
    same_file: bool = False
    is_there: bool = False
    has_waiting: bool = False
    same_waits: bool = False


def held(client: Client, rune: Rune) -> Held:
    """Find the Rune's own share in what the board lists."""
    digest = hashlib.sha256(rune.data).digest()
    for row in client.rows("ps"):
        if checked(row, _ROW, "list of Runes", client.where)["name"] == rune.name:
            waiting = row.get("waiting")
            found = waiting[1] if isinstance(waiting, list) and len(waiting) == 2 else None
            return Held(
                row["ram_bytes"],
                row["sha256"] == digest,
                is_there=True,
                has_waiting=found is not None,
                same_waits=found == digest,
            )
    return Held()


def preflight(
    rune: Rune, facts: Mapping[str, Any], own: Held | None = None, shared_bytes: int = 0
) -> Verdict:
    """Return whether the board of these facts can run the Rune, with every reason against.

    So many bytes of it another Rune there shares with it. Raises RuneFormatError for a Rune that
    no board takes: its code is invalid, or too large.
    """
    found = read_rune(rune.data)
    fault = fault_of(found)
    if fault:
        raise RuneFormatError(fault, where=rune.name, remedy="build it again")
    board = str(facts["name"])
    own = own or Held()
    freed = {**facts, "heap_free": facts["heap_free"] + own.ram_bytes}
    file_bytes = 0 if own.same_file or own.same_waits else len(rune.data) - shared_bytes
    if rune.manifest is None:
        return _original_verdict(rune, found, freed, own)
    try:
        manifest = rune_manifest.parse(dict(rune.manifest))
        grant = admission.admit(manifest, freed, file_bytes)
    except Refused as refused:
        reasons = [_sentence(_beside(rune, own, reason)) for reason in refused.reasons]
        needed = memory.ram_bytes(manifest, admission.pointer_bytes(freed))
        return Verdict(board, tuple(reasons), needed)
    except (TypeError, ValueError, AttributeError, AssertionError) as error:
        # The manifest has been checked, so it is the facts that have other types inside.
        raise LinkError("the board's facts make no sense", where=board) from error
    except RuneError as error:
        broken = board_error(error.code, list(error.arguments))
        raise RuneFormatError(broken.what, where=rune.name, remedy=broken.remedy) from error
    return Verdict(board, (), grant.ram_bytes)


def _original_verdict(rune: Rune, found: RuneFile, facts: Mapping[str, Any], own: Held) -> Verdict:
    """Judge a Rune of the original toolchain by what its file tells; `_manifest()` tells more.

    Only the board can run that: it has the last word.
    """
    ram_bytes = (found.module.memory_pages or 0) * memory.WASM_PAGE_BYTES
    reasons = admission.short(WASM_MEMORY_SHORT, ram_bytes, facts["heap_free"])
    file_bytes = 0 if own.same_file or own.same_waits else len(rune.data)
    short = admission.short(FLASH_SHORT, file_bytes, facts["flash_free"])
    reasons += [tuple(_beside(rune, own, reason)) for reason in short]
    sensors = facts["capabilities"]
    for wanted in original_stages(found)[0]:
        if wanted.kind not in sensors and wanted.kind not in facts["outputs"]:
            reasons.append((NO_CAPABILITY, wanted.kind, ", ".join(sorted(sensors))))
    return Verdict(str(facts["name"]), tuple(map(_sentence, reasons)), ram_bytes)


def _beside(rune: Rune, own: Held, reason: Sequence[object]) -> Sequence[object]:
    """Say of flash that is short beside the version that is there what to do about that."""
    if reason[0] != FLASH_SHORT or not own.is_there:
        return reason
    _, _, needed, free = reason
    remedy = f"revoke {rune.name} --waiting" if own.has_waiting else f"rm {rune.name}"
    return NO_ROOM_FOR_TWO, rune.name, free, needed, remedy


def _sentence(reason: Sequence[object]) -> str:
    code, *arguments = reason
    assert isinstance(code, int)
    return sentence(code, arguments)
