"""All that can be told of a Rune without running it, as one record; `render` makes it text.

Runes of the original toolchain are understood by their `.rune_graph` and the models in their data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from runicd.inspect.boards import BoardFacts, Judgement, judge, judge_original, known_boards
from runicd.inspect.models import ModelSummary, embedded_models, summarise_model
from runicd.keys.sign import Signer, signer
from runicd.model.table import NARROW_POINTER_BYTES
from runicd.runefile.describe import Permission, StageSummary, original_stages, own_stages
from runicd.runefile.read_rune import RuneFile, read_rune
from runicd.runefile.validate import fault_of
from runicos.contract.memory import ram_bytes, ram_parts


@dataclass(frozen=True, slots=True)
class WasmSummary:
    """The module: imports as `module.name (types)`, exports, memory, and whether it validates.

    `memory_bytes` is what the Rune really uses; a page has 65536 bytes. `fault` is empty for a
    valid module.
    """

    imports: tuple[str, ...]
    exports: tuple[str, ...]
    functions: int
    memory_pages: int
    memory_bytes: int
    fault: str


@dataclass(frozen=True, slots=True)
class Inspection:
    """What `runicd inspect` shows. `ram_bytes` is None for original Runes: only a run tells.

    `signer` is who signed it, as far as the user's keys tell.
    `rounding` is how int8 results are to be rounded, empty for original Runes, which do not say.
    `security_counter` is the least that boards take once this version was confirmed.
    `call_limit_ms` is what a call may take, 0 where the board decides. `ram_parts` are
    (part, bytes), and add up to it, where pointers have 64 bits; `narrow_ram_parts` are those of
    boards where they have 32.
    """

    name: str
    release: str
    security_counter: int
    abi: str
    rounding: str
    made_by: str
    file_bytes: int
    sha256: str
    signer: Signer
    period_ms: int | None
    call_limit_ms: int
    permissions: tuple[Permission, ...]
    stages: tuple[StageSummary, ...]
    models: tuple[ModelSummary, ...]
    wasm: WasmSummary
    sizes: tuple[tuple[str, int], ...]
    resources: tuple[str, ...]
    golden_vectors: int
    ram_bytes: int | None
    ram_parts: tuple[tuple[str, int], ...]
    narrow_ram_parts: tuple[tuple[str, int], ...]
    boards: tuple[Judgement, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the same facts as plain maps and lists."""
        return {
            **asdict(self),
            "sizes": dict(self.sizes),
            "ram_parts": dict(self.ram_parts),
            "narrow_ram_parts": dict(self.narrow_ram_parts),
        }


def inspect_rune(data: bytes, boards: Mapping[str, BoardFacts] | None = None) -> Inspection:
    """Inspect a Rune's bytes. Raises RuneFormatError.

    `boards` are those to be judged, by name; by default all that runicd knows.
    """
    rune = read_rune(data)
    known = known_boards() if boards is None else boards
    permissions, stages = original_stages(rune) if rune.is_original else own_stages(rune)
    common = {
        "file_bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "signer": signer(data),
        "permissions": permissions,
        "stages": stages,
        "wasm": _wasm(rune),
        "sizes": _sizes(rune),
        "resources": tuple(sorted(rune.resources)),
        "golden_vectors": len(rune.golden),
    }
    return _original(rune, known, common) if rune.is_original else _own(rune, known, common)


def _own(rune: RuneFile, boards: Mapping[str, BoardFacts], common: dict[str, Any]) -> Inspection:
    manifest = rune.manifest
    assert manifest is not None
    return Inspection(
        name=manifest.name,
        release=manifest.release,
        security_counter=manifest.security_counter,
        abi=manifest.abi,
        rounding=manifest.rounding,
        made_by="runicd",
        period_ms=manifest.period_ms,
        call_limit_ms=manifest.call_ms,
        models=tuple(
            summarise_model(str(record["name"]), rune.models[_index(record["section"])])
            for record in manifest.models
        ),
        ram_bytes=ram_bytes(manifest),
        ram_parts=tuple(ram_parts(manifest)),
        narrow_ram_parts=tuple(ram_parts(manifest, NARROW_POINTER_BYTES)),
        boards=tuple(judge(manifest, facts, common["file_bytes"]) for facts in boards.values()),
        **common,
    )


def _index(value: object) -> int:
    assert isinstance(value, int)
    return value


def _original(
    rune: RuneFile, boards: Mapping[str, BoardFacts], common: dict[str, Any]
) -> Inspection:
    name = (rune.graph or {}).get("rune", {})
    version = rune.version or "unknown version"
    return Inspection(
        name=str(name.get("name", "")) if isinstance(name, dict) else "",
        release="",
        security_counter=0,
        abi=".".join(version.split(".")[:2]) if rune.version else "",
        rounding="",
        made_by=f"the original toolchain, {version}",
        period_ms=None,
        call_limit_ms=0,
        models=tuple(embedded_models(rune)),
        ram_bytes=None,
        ram_parts=(),
        narrow_ram_parts=(),
        boards=tuple(
            judge_original(rune, common["permissions"], facts, common["file_bytes"])
            for facts in boards.values()
        ),
        **common,
    )


def _wasm(rune: RuneFile) -> WasmSummary:
    module = rune.module
    pages = module.memory_pages or 0
    own_bytes = rune.manifest.wasm_memory_bytes if rune.manifest else pages * 65536
    return WasmSummary(
        imports=tuple(
            f"{one.module}.{one.name} {one.signature or one.kind}" for one in module.imports
        ),
        exports=tuple(f"{one.name} {one.signature or one.kind}" for one in module.exports),
        functions=module.function_count,
        memory_pages=pages,
        memory_bytes=own_bytes,
        fault=fault_of(rune),
    )


def _sizes(rune: RuneFile) -> tuple[tuple[str, int], ...]:
    """Return the bytes of each part; they add up to the file."""
    sizes: dict[str, int] = {"wasm": 8}
    for section in rune.module.sections:
        part = "wasm"
        if section.id == 0:
            part = section.name
        elif section.id == 11 and rune.is_original:
            part = "wasm data (with models)"
        sizes[part] = sizes.get(part, 0) + section.bytes
    return tuple(sizes.items())
