"""Bundles a checked pipeline into a `.rune`: wasm, manifest, models, blocks, golden vectors.

The same pipeline gives the same bytes, on every machine. docs/rune-format.md describes the file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from runicd.blocks.table import BLOCKS, stated_arguments
from runicd.errors import InputError
from runicd.runefile import rates
from runicd.runefile.code_size import code_bytes
from runicd.runefile.emit_wasm import custom_section, emit, text, unsigned
from runicd.runefile.place import place
from runicd.runefile.typed import TypedPipeline, TypedStage
from runicd.types import Rune, TensorType
from runicos.contract import cbor, rune_manifest
from runicos.contract.checked_manifest import ABI, FORMAT
from runicos.contract.errors import RuneError

WASM_STACK_BYTES = 1024
GRAPH_VERSION = "0.11.3"
"""The original toolchain's version whose `.rune_graph` this is."""
_MODEL_ALIGNMENT, _BLOCK_ALIGNMENT = 16, 4
_GRAPH_ELEMENTS = {"utf8": "String"}
_GRAPH_KINDS = {
    "RAND": "random",
    "ACCEL": "accelerometer",
    "SOUND": "sound",
    "IMAGE": "image",
    "RAW": "raw",
    "FLOAT_IMAGE": "float-image",
}


def bundle(pipeline: TypedPipeline, golden: Sequence[Mapping[str, Any]] = ()) -> Rune:
    """Return the Rune. Raises InputError for what no manifest can hold, as too many tensors."""
    wasm, memory_bytes = emit(pipeline)
    fields = manifest_fields(pipeline, memory_bytes)
    try:
        rune_manifest.parse(fields)
    except RuneError as error:
        where, what = error.arguments
        raise InputError(f"the Rune's {where} {what}", remedy="make it smaller") from None
    data = bytearray(wasm)
    data += custom_section("runic.manifest", cbor.dumps(fields))
    for stage in _unique_models(pipeline):
        assert stage.model is not None
        data += _aligned("runic.model", stage.model.data, len(data), _MODEL_ALIGNMENT)
    for stage in pipeline.stages:
        if stage.custom is not None:
            data += _aligned("runic.block", stage.custom.data, len(data), _BLOCK_ALIGNMENT)
    for vector in golden:
        data += custom_section("runic.golden", cbor.dumps(dict(vector)))
    data += custom_section(".rune_graph", _json(rune_graph(pipeline)))
    data += custom_section(".rune_version", _json({"version": GRAPH_VERSION}))
    if pipeline.resources:
        data += custom_section(".rune_resource", _resources(pipeline))
    return Rune(pipeline.name, bytes(data), fields, pipeline.warnings)


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _aligned(name: str, content: bytes, offset: int, alignment: int) -> bytes:
    """Encode a section whose content starts at a multiple of `alignment` in the file.

    The padding may make the section's length a byte longer; among twice as many paddings as the
    alignment there is one that fits either way.
    """
    head = len(text(name))
    for pad in range(2 * alignment):
        length_bytes = len(unsigned(head + 1 + pad + len(content)))
        if (offset + 1 + length_bytes + head + 1 + pad) % alignment == 0:
            return custom_section(name, bytes([pad]) + bytes(pad) + content)
    raise AssertionError(alignment)


def _unique_models(pipeline: TypedPipeline) -> list[TypedStage]:
    """Return one stage for each distinct model file; two stages of one file share a section."""
    found: dict[bytes, TypedStage] = {}
    for stage in pipeline.of_kind("model"):
        assert stage.model is not None
        found.setdefault(stage.model.data, stage)
    return list(found.values())


def manifest_fields(pipeline: TypedPipeline, memory_bytes: int) -> dict[str, Any]:
    """Return the manifest's map."""
    placement = place(pipeline)
    lists: dict[str, list[dict[str, Any]]] = {
        "capability": [],
        "block": [],
        "model": [],
        "output": [],
    }
    stages = []
    narrow = [one.model.facts.narrow_table_bytes for one in pipeline.stages if one.model]
    sections = {id(stage.model): index for index, stage in enumerate(_unique_models(pipeline))}
    by_data = {
        stage.model.data: sections[id(stage.model)]
        for stage in _unique_models(pipeline)
        if stage.model
    }
    for stage in pipeline.stages:
        records = lists[stage.kind]
        stages.append([stage.kind, len(records)])
        records.append(_record(stage, pipeline, lists, by_data))
    return {
        "format": FORMAT,
        "name": pipeline.name,
        "release": pipeline.release,
        "abi": ABI,
        "rounding": pipeline.rounding,
        "period_ms": pipeline.period_ms,
        "tensors": [
            {"type": own.element, "dims": list(own.dims), "bytes": own.bytes, "offset": offset}
            for own, offset in zip(pipeline.tensors, placement.offsets, strict=True)
        ],
        "arena_bytes": placement.arena_bytes,
        "capabilities": lists["capability"],
        "blocks": lists["block"],
        "models": lists["model"],
        "outputs": lists["output"],
        "stages": stages,
        "resources": [
            {"name": name.removeprefix("$"), "type": kind, "bytes": len(data)}
            for name, (kind, data) in sorted(pipeline.resources.items())
        ],
        "wasm": {"memory_bytes": memory_bytes, "stack_bytes": WASM_STACK_BYTES},
        **({"security_counter": counter} if (counter := pipeline.security_counter) else {}),
        "limits": {**({"table_bytes_32": narrow} if narrow else {}), **pipeline.limits},
    }


def _record(
    stage: TypedStage,
    pipeline: TypedPipeline,
    lists: Mapping[str, list[dict[str, Any]]],
    model_sections: Mapping[bytes, int],
) -> dict[str, Any]:
    if stage.kind == "capability":
        return {
            "name": stage.name,
            "kind": stage.what,
            "params": dict(stage.args),
            "tensor": stage.outputs[0],
            **rates.stated(stage, pipeline),
        }
    wires = {"inputs": list(stage.inputs), "outputs": list(stage.outputs)}
    if stage.kind == "output":
        return _output_record(stage, pipeline)
    if stage.model is not None:
        return {
            "name": stage.name,
            "section": model_sections[stage.model.data],
            "sha256": hashlib.sha256(stage.model.data).digest(),
            "bytes": len(stage.model.data),
            "arena_bytes": stage.model.facts.arena_bytes,
            "table_bytes": stage.model.facts.table_bytes,
            "ops": list(stage.model.facts.ops),
            **wires,
        }
    if stage.custom is not None:
        return {
            "name": stage.name,
            "section": sum("section" in record for record in lists["block"]),
            "sha256": hashlib.sha256(stage.custom.data).digest(),
            "args": dict(stage.args),
            "code_bytes": code_bytes(stage.custom.data),
            "memory_bytes": stage.custom.memory_bytes,
            "stack_bytes": stage.custom.stack_bytes,
            "addresses": list(stage.custom.addresses),
            **wires,
        }
    types = tuple(pipeline.tensors[index] for index in stage.inputs)
    return {
        "name": stage.name,
        "block": stage.what,
        "args": stated_arguments(stage.what, stage.args),
        "state_bytes": BLOCKS[stage.what].state_bytes(types, stage.args),
        **wires,
    }


def _output_record(stage: TypedStage, pipeline: TypedPipeline) -> dict[str, Any]:
    return {
        "name": stage.name,
        "kind": stage.what,
        "inputs": list(stage.inputs),
        "bytes": rates.of_a_call(stage, pipeline),
        **rates.stated(stage, pipeline),
    }


def _resources(pipeline: TypedPipeline) -> bytes:
    """Encode resources as the original does: big-endian lengths, the name without its `$`."""
    out = bytearray()
    for name, (_, data) in sorted(pipeline.resources.items()):
        raw = name.removeprefix("$").encode()
        out += len(raw).to_bytes(4, "big") + raw + len(data).to_bytes(4, "big") + data
    return bytes(out)


def rune_graph(pipeline: TypedPipeline) -> dict[str, Any]:
    """Return the map of `.rune_graph`, so that tools for original Runes can draw this one."""
    ids = [_tensor_id(pipeline.name, index) for index in range(len(pipeline.tensors))]
    parts: dict[str, dict[str, Any]] = {
        "capabilities": {},
        "models": {},
        "proc-blocks": {},
        "outputs": {},
    }
    for stage in pipeline.stages:
        stated = stated_arguments(stage.what, stage.args)
        args = {key: str(value) for key, value in stated.items()}
        inputs, outputs = [ids[one] for one in stage.inputs], [ids[one] for one in stage.outputs]
        if stage.kind == "capability":
            parts["capabilities"][stage.name] = {
                "kind": {"type": _GRAPH_KINDS[stage.what]},
                "args": args,
                "outputs": outputs,
            }
        elif stage.kind == "model":
            parts["models"][stage.name] = {
                "file": _plain(stage.file),
                "args": args,
                "inputs": inputs,
                "outputs": outputs,
            }
        elif stage.kind == "block":
            parts["proc-blocks"][stage.name] = {
                "path": _plain(stage.file),
                "args": args,
                "inputs": inputs,
                "outputs": outputs,
            }
        else:
            parts["outputs"][stage.name] = {
                "kind": {"type": stage.what.lower()},
                "args": args,
                "inputs": inputs,
            }
    tensors = {one: _graph_tensor(own) for one, own in zip(ids, pipeline.tensors, strict=True)}
    return {
        "rune": {"name": pipeline.name},
        **{key: part for key, part in parts.items() if part},
        "tensors": tensors,
    }


def _tensor_id(name: str, index: int) -> str:
    """Return an id in the form of a UUID that is the same in every build."""
    digits = hashlib.sha256(f"{name}:{index}".encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"


def _plain(path: str) -> str:
    """Keep no path of the building machine in a Rune: an absolute path becomes its last part."""
    return path.rpartition("/")[2] if path.startswith("/") else path


def _graph_tensor(own: TensorType) -> dict[str, Any]:
    return {
        "element_type": _GRAPH_ELEMENTS.get(own.element, own.element.upper()),
        "dimensions": list(own.dims),
    }
