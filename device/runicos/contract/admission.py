"""Admission: may this Rune run on this board?

The host asks before it sends, the board before it runs.

A Grant exists only when every demand of the manifest is met; otherwise Refused carries every
reason.
"""

from runicos.contract import element, memory
from runicos.contract.checked_manifest import Manifest
from runicos.contract.errors import (
    ABI_UNKNOWN,
    CAPABILITY_RANGE,
    FLASH_SHORT,
    NO_BLOCK,
    NO_CAPABILITY,
    NO_OP,
    NO_OUTPUT,
    NO_ROUNDING,
    RAM_SHORT,
    Refused,
)

# What must stay free beside all Runes, so that the service can answer and receive the next one.
SERVICE_BYTES = 24_576


class Grant:
    """What a Rune may use on this board: the only thing a container is made from."""

    def __init__(self, manifest: Manifest, ram_bytes: int, pointer_bytes: int) -> None:
        self.manifest = manifest
        self.ram_bytes = ram_bytes
        self.pointer_bytes = pointer_bytes
        self.ring_bytes = memory.ring_bytes(manifest)
        self.capabilities = [str(capability["kind"]) for capability in manifest.capabilities]
        self.outputs = [str(output["kind"]) for output in manifest.outputs]


def admit(manifest: Manifest, facts: "dict[str, object]", file_bytes: int = 0) -> Grant:
    """Return the Grant of a manifest on a board with these facts.

    `file_bytes` is the size of the file still to be stored, 0 when it is stored already. Raises
    Refused with all reasons.
    """
    pointers = pointer_bytes(facts)
    needed = memory.ram_bytes(manifest, pointers)
    reasons = _abi_reasons(manifest, facts) + _capability_reasons(manifest, facts)
    reasons += _output_reasons(manifest, facts) + _code_reasons(manifest, facts)
    reasons += _rounding_reasons(manifest, facts)
    reasons += short(RAM_SHORT, needed, max(0, _size(facts["heap_free"]) - SERVICE_BYTES))
    reasons += short(FLASH_SHORT, file_bytes, _size(facts["flash_free"]))
    if reasons:
        raise Refused(reasons)
    return Grant(manifest, needed, pointers)


def pointer_bytes(facts: "dict[str, object]") -> int:
    """Return what a pointer takes on the board of these facts; older firmware does not say."""
    return _size(facts.get("pointer_bytes", memory.WIDE_POINTER_BYTES))


def short(code: int, needed: int, available: int) -> "list[tuple[object, ...]]":
    """Return the reason for a shortfall, or none."""
    return [(code, needed - available, needed, available)] if needed > available else []


def _size(value: object) -> int:
    assert isinstance(value, int)
    return value


def _list(value: object) -> "list[object]":
    assert isinstance(value, (list, tuple))
    return list(value)


def _join(names: object) -> str:
    return ", ".join(sorted([str(name) for name in names])) or "none"  # type: ignore[attr-defined]


def _abi_reasons(manifest: Manifest, facts: "dict[str, object]") -> "list[tuple[object, ...]]":
    known = _list(facts["abi"])
    return [] if manifest.abi in known else [(ABI_UNKNOWN, manifest.abi, _join(known))]


def _capability_reasons(
    manifest: Manifest, facts: "dict[str, object]"
) -> "list[tuple[object, ...]]":
    offered = facts["capabilities"]
    assert isinstance(offered, dict)
    reasons: "list[tuple[object, ...]]" = []
    for capability in manifest.capabilities:
        kind = str(capability["kind"])
        if kind not in offered:
            reasons.append((NO_CAPABILITY, kind, _join(offered)))
        else:
            reasons += range_reasons(kind, capability["params"], offered[kind])
    return reasons


def range_reasons(kind: str, params: object, ranges: object) -> "list[tuple[object, ...]]":
    """Return what speaks against a capability's parameters on a board with these ranges."""
    assert isinstance(params, dict)
    assert isinstance(ranges, dict)
    reasons: "list[tuple[object, ...]]" = []
    for name in sorted(ranges):
        lowest, highest = ranges[name]
        if name in params and not lowest <= params[name] <= highest:
            reasons.append((CAPABILITY_RANGE, kind, name, params[name], lowest, highest))
    return reasons


def _output_reasons(manifest: Manifest, facts: "dict[str, object]") -> "list[tuple[object, ...]]":
    offered = _list(facts["outputs"])
    wanted = [output["kind"] for output in manifest.outputs]
    return [(NO_OUTPUT, kind, _join(offered)) for kind in wanted if kind not in offered]


def _code_reasons(manifest: Manifest, facts: "dict[str, object]") -> "list[tuple[object, ...]]":
    ops, blocks = _list(facts["ops"]), _list(facts["blocks"])
    reasons: "list[tuple[object, ...]]" = []
    for model in manifest.models:
        reasons += [(NO_OP, model["name"], op) for op in _list(model["ops"]) if op not in ops]
    for block in manifest.blocks:
        if "section" not in block and block["block"] not in blocks:
            reasons.append((NO_BLOCK, block["block"]))
    return reasons


def _rounding_reasons(
    manifest: Manifest, facts: "dict[str, object]"
) -> "list[tuple[object, ...]]":
    """Float operators round nothing: a Rune that has no others runs on either firmware."""
    ops = [str(op) for model in manifest.models for op in _list(model["ops"])]
    had = facts["rounding"]
    if had == manifest.rounding or all([op.endswith(":float32") for op in ops]):
        return []
    return [(NO_ROUNDING, manifest.rounding, had)]


def tensor_text(tensor: "dict[str, object]") -> str:
    """Return a manifest tensor's type as text, `i16[1, 16000]`."""
    return element.describe(str(tensor["type"]), tensor["dims"])  # type: ignore[arg-type]
