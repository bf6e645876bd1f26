"""A Rune's stages with their types, and what it wants to be allowed, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runicd.runefile.capabilities import CAPABILITIES, KIND_NAMES
from runicd.runefile.read_rune import RuneFile
from runicd.types import ArgValue
from runicos.contract.admission import tensor_text

# What no Runefile states, but boards offer, and manifests may ask for.
_BOARDS_HAVE = {"RAW": ("hz",)}
# What a Runefile may state, and its manifest has as `sample_duration_ms`.
_TURNED = {"SOUND": ("sample_duration", "samples")}
_OUTPUT_WISHES = {
    "SERIAL": "write its results to the serial output",
    "TENSOR": "send its results as tensors",
    "BLE": "send its results over Bluetooth",
    "PIN": "switch a pin",
    "WIFI": "send its results over Wi-Fi",
}
_LISTS = {"capability": "capabilities", "block": "blocks", "model": "models", "output": "outputs"}
_GRAPH_PARTS = (
    ("capabilities", "capability"),
    ("proc-blocks", "block"),
    ("models", "model"),
    ("outputs", "output"),
)


@dataclass(frozen=True, slots=True)
class Permission:
    """One thing that a Rune wants to be allowed; `wish` is a sentence without subject."""

    kind: str
    name: str
    wish: str
    params: Mapping[str, ArgValue]


@dataclass(frozen=True, slots=True)
class StageSummary:
    """One stage: what it is, its arguments, where its data comes from, and all types as text."""

    name: str
    kind: str
    what: str
    args: Mapping[str, ArgValue]
    takes_from: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


Summaries = tuple[tuple[Permission, ...], tuple[StageSummary, ...]]


def capability_permission(kind: str, name: str, params: Mapping[str, Any]) -> Permission:
    """Say in plain words what a sensor is wanted for."""
    wish = CAPABILITIES[kind].wish if kind in CAPABILITIES else f"use {kind}"
    return Permission(kind, name, wish + _details(kind, params), dict(params))


def _details(kind: str, params: Mapping[str, Any]) -> str:
    if kind == "SOUND" and {"hz", "sample_duration_ms"} <= params.keys():
        return f", {params['sample_duration_ms']} ms at a time at {params['hz']} Hz"
    if kind in {"IMAGE", "FLOAT_IMAGE"} and {"width", "height"} <= params.keys():
        return f", {params['width']} x {params['height']} pixels"
    if kind == "ACCEL" and "samples" in params:
        return f", {params['samples']} samples at a time"
    return ""


def limit_names(kind: str) -> tuple[str, ...]:
    """Return what a Rune can demand of a sensor or an output: what policies may limit."""
    if kind not in CAPABILITIES:
        return ("bytes_per_s",)
    stated = [param.name for param in CAPABILITIES[kind].params]
    kept = [name for name in stated if name not in _TURNED.get(kind, ())]
    return (*kept, *_BOARDS_HAVE.get(kind, ()), "reads_per_s")


def own_stages(rune: RuneFile) -> Summaries:
    """Describe a Rune by its manifest."""
    fields = rune.fields
    assert fields is not None
    types = [tensor_text(tensor) for tensor in fields["tensors"]]
    makers = {
        tensor: record["name"]
        for key in ("blocks", "models")
        for record in fields[key]
        for tensor in record["outputs"]
    }
    makers.update({record["tensor"]: record["name"] for record in fields["capabilities"]})
    permissions, stages = [], []
    for kind, index in fields["stages"]:
        record = fields[_LISTS[kind]][index]
        outputs = [record["tensor"]] if kind == "capability" else record.get("outputs", [])
        inputs = record.get("inputs", [])
        stages.append(
            StageSummary(
                record["name"],
                kind,
                str(
                    record.get("kind")
                    or record.get("block")
                    or ("model" if kind == "model" else "custom block")
                ),
                dict(record.get("params", record.get("args", {}))),
                tuple(str(makers.get(tensor, "")) for tensor in inputs),
                tuple(types[tensor] for tensor in inputs),
                tuple(types[tensor] for tensor in outputs),
            )
        )
        if kind == "capability":
            permissions.append(
                capability_permission(record["kind"], record["name"], record["params"])
            )
        elif kind == "output":
            permissions.append(_output_permission(record["kind"], record["name"]))
    return tuple(permissions), tuple(stages)


def _output_permission(kind: str, name: str) -> Permission:
    return Permission(kind, name, _OUTPUT_WISHES.get(kind, f"use the output {kind}"), {})


def original_stages(rune: RuneFile) -> Summaries:
    """Describe an original Rune by its `.rune_graph`, as far as that is what it should be."""
    graph = rune.graph or {}
    tensors = _dict(graph.get("tensors"))
    makers: dict[str, str] = {}
    found: list[tuple[str, str, dict[str, Any]]] = []
    for part, kind in _GRAPH_PARTS:
        for name, record in _dict(graph.get(part)).items():
            found.append((kind, name, _dict(record)))
            makers.update({str(one): name for one in _list(_dict(record).get("outputs"))})
    permissions, stages = [], []
    for kind, name, record in found:
        what = _graph_what(kind, record)
        inputs, outputs = _list(record.get("inputs")), _list(record.get("outputs"))
        args = {key: str(value) for key, value in _dict(record.get("args")).items()}
        stages.append(
            StageSummary(
                name,
                kind,
                what,
                args,
                tuple(makers.get(str(one), "") for one in inputs),
                tuple(_graph_type(tensors.get(str(one))) for one in inputs),
                tuple(_graph_type(tensors.get(str(one))) for one in outputs),
            )
        )
        if kind == "capability":
            plain = {key.replace("-", "_"): value for key, value in args.items()}
            permissions.append(capability_permission(what, name, plain))
        elif kind == "output":
            permissions.append(_output_permission(what, name))
    return tuple(permissions), tuple(stages)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _graph_what(kind: str, record: Mapping[str, Any]) -> str:
    if kind in {"capability", "output"}:
        text = str(_dict(record.get("kind")).get("type", ""))
        names = {"random": "RAND", "accelerometer": "ACCEL"}
        return names.get(text) or KIND_NAMES.get(text) or text.upper()
    where = record.get("file") if kind == "model" else record.get("path")
    return _path_text(where)


def _path_text(where: object) -> str:
    """Write a path of `.rune_graph`, which is text, or a map of base, version and sub_path."""
    if isinstance(where, dict):
        base, version, sub_path = where.get("base"), where.get("version"), where.get("sub_path")
        return (
            f"{base or ''}{f'@{version}' if version else ''}{f'#{sub_path}' if sub_path else ''}"
        )
    return str(where or "")


def _graph_type(tensor: object) -> str:
    record = _dict(tensor)
    element = str(record.get("element_type", "?")).lower().replace("string", "utf8")
    return f"{element}[{', '.join(map(str, _list(record.get('dimensions'))))}]"
