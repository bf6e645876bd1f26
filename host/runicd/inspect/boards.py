"""Whether each known board can run a Rune, and if not why, with numbers.

Known are the boards whose `board.toml` is in the package or the repository. A running board is
asked for its own facts instead; that is `cast`'s preflight.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from runicd.blocks.table import BLOCKS
from runicd.board_files import boards_folder
from runicd.errors import InputError
from runicd.runefile.describe import Permission
from runicd.runefile.read_rune import RuneFile
from runicos.contract.admission import SERVICE_BYTES, admit, pointer_bytes, short
from runicos.contract.checked_manifest import TFLM_DOUBLE, Manifest
from runicos.contract.errors import (
    FLASH_SHORT,
    IMPORT_NOT_GRANTED,
    NO_CAPABILITY,
    RAM_SHORT,
    WASM_MEMORY_SHORT,
    Refused,
)
from runicos.contract.memory import WASM_PAGE_BYTES, ram_bytes
from runicos.contract.sentences import sentence

_ORIGINAL_IMPORTS = (
    "_debug",
    "request_capability",
    "request_capability_set_param",
    "request_provider_response",
    "request_output",
    "consume_output",
    "rune_model_load",
    "rune_model_infer",
    "rune_resource_open",
    "rune_resource_read",
    "rune_resource_close",
)


# What device/runicos/metering.py leaves of the watchdog's time.
_SERVED_MS = 1000


@dataclass(frozen=True, slots=True)
class BoardFacts:
    """What a board says of itself, as far as that is known before one is running.

    `lists_ops` is False where only the firmware knows which operators it has, `run_here` where
    this project never ran the board. `limits` are those of its board.toml.
    """

    name: str
    description: str
    facts: Mapping[str, Any]
    lists_ops: bool
    run_here: bool = True
    limits: Mapping[str, int] = field(default_factory=dict)

    def call_limit_ms(self, stated_ms: int) -> int:
        """Return the most that a call may take there, of a Rune that states so much, or 0.

        0 where the board says nothing. Nobody takes so long that the watchdog would bite.
        """
        call_ms = stated_ms or self.limits.get("call_ms", 0)
        watchdog_ms = self.limits.get("watchdog_ms", 0)
        most_ms = max(watchdog_ms - _SERVED_MS, watchdog_ms // 2)
        return min(call_ms, most_ms) if watchdog_ms else call_ms


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether one board can run the Rune; `reasons` are all that speak against it.

    `ram_bytes` is what it takes there, None where only a run tells. `run_here` is False where
    nobody ever ran this project's firmware on the board. `call_limit_ms` is what a call may take
    there, by the Rune's own limit or by the board's.
    """

    board: str
    description: str
    ok: bool
    reasons: tuple[str, ...]
    run_here: bool = True
    ram_bytes: int | None = None
    call_limit_ms: int = 0


def known_boards() -> dict[str, BoardFacts]:
    """Return every known board. Raises InputError for a `board.toml` that is broken."""
    folder = boards_folder()
    if folder is None:
        return {}
    return {path.parent.name: read_board(path) for path in sorted(folder.glob("*/board.toml"))}


def read_board(path: Path) -> BoardFacts:
    """Read one `board.toml`. Raises InputError."""
    try:
        fields = tomllib.loads(path.read_text("utf-8"))
        facts = dict(fields["facts"])
        facts["pointer_bytes"] = fields["features"]["pointer_bits"] // 8
        facts["rounding"] = fields.get("nn", {}).get("rounding", TFLM_DOUBLE)
        facts["heap_free"] = facts["heap_bytes"] - fields["budgets"]["runicos_loaded_bytes"]
    except (
        tomllib.TOMLDecodeError,
        UnicodeDecodeError,
        KeyError,
        TypeError,
        AttributeError,
    ) as error:
        raise InputError(f"is no description of a board: {error}", where=str(path)) from None
    facts.setdefault("flash_free", facts["flash_bytes"])
    facts.setdefault("blocks", sorted(BLOCKS))
    board = fields["board"]
    description, run_here = board.get("description", ""), bool(board.get("run_here", True))
    limits = fields.get("limits", {})
    return BoardFacts(board["name"], description, facts, "ops" in facts, run_here, limits)


def judge(manifest: Manifest, board: BoardFacts, file_bytes: int) -> Judgement:
    """Ask the same code that the board itself asks."""
    facts = dict(board.facts)
    if not board.lists_ops:
        facts["ops"] = [op for model in manifest.models for op in _list(model["ops"])]
    reasons: Iterable[tuple[object, ...]] = ()
    try:
        admit(manifest, facts, file_bytes)
    except Refused as refusal:
        reasons = refusal.reasons
    needed = ram_bytes(manifest, pointer_bytes(facts))
    limit_ms = board.call_limit_ms(manifest.call_ms)
    return replace(_judgement(board, reasons), ram_bytes=needed, call_limit_ms=limit_ms)


def _list(value: object) -> list[Any]:
    assert isinstance(value, list)
    return value


def judge_original(
    rune: RuneFile, permissions: Iterable[Permission], board: BoardFacts, file_bytes: int
) -> Judgement:
    """Judge by what the module itself declares: memory, imports, and the graph's capabilities."""
    facts = board.facts
    needed = (rune.module.memory_pages or 0) * WASM_PAGE_BYTES
    reasons: list[tuple[object, ...]] = []
    reasons += short(WASM_MEMORY_SHORT, needed, facts["wasm_memory_max"])
    reasons += short(RAM_SHORT, needed, max(0, facts["heap_free"] - SERVICE_BYTES))
    reasons += short(FLASH_SHORT, file_bytes, facts["flash_free"])
    for one in rune.module.imports:
        if one.module != "env" or one.name not in _ORIGINAL_IMPORTS:
            reasons.append((IMPORT_NOT_GRANTED, f"{one.module}.{one.name}"))
    offered = facts["capabilities"]
    for wanted in permissions:
        if wanted.kind not in offered and wanted.kind not in facts["outputs"]:
            reasons.append((NO_CAPABILITY, wanted.kind, ", ".join(sorted(offered))))
    return replace(_judgement(board, reasons), call_limit_ms=board.call_limit_ms(0))


def _judgement(board: BoardFacts, reasons: Iterable[tuple[object, ...]]) -> Judgement:
    texts = tuple(_sentence(reason) for reason in reasons)
    return Judgement(board.name, board.description, not texts, texts, board.run_here)


def _sentence(reason: tuple[object, ...]) -> str:
    code = reason[0]
    assert isinstance(code, int)
    return sentence(code, reason[1:])
