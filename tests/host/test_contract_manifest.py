"""The manifest's check: a good one passes, and each fault is named by its place."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from runicos.contract import errors, rune_manifest
from runicos.contract.errors import RuneError


def good() -> dict[str, Any]:
    """A manifest with every kind of part."""
    return {
        "format": 1,
        "name": "sine",
        "release": "0.1.0",
        "abi": "0.11",
        "rounding": "tflm-double",
        "period_ms": 1000,
        "tensors": [
            {"type": "f32", "dims": [1, 1], "bytes": 4, "offset": 0},
            {"type": "f32", "dims": [1, 1], "bytes": 4, "offset": None},
            {"type": "utf8", "dims": [1], "bytes": 12, "offset": 16},
        ],
        "arena_bytes": 32,
        "capabilities": [{"name": "in", "kind": "RAND", "params": {"amount": 1}, "tensor": 0}],
        "blocks": [
            {
                "name": "mod",
                "block": "modulo",
                "args": {"modulus": 2.0},
                "state_bytes": 0,
                "inputs": [0],
                "outputs": [0],
            },
            {
                "name": "mine",
                "section": 0,
                "sha256": bytes(32),
                "args": {},
                "inputs": [1],
                "outputs": [2],
                "code_bytes": 2000,
                "memory_bytes": 64,
                "stack_bytes": 512,
                "addresses": [16, 32],
            },
        ],
        "models": [
            {
                "name": "model",
                "section": 0,
                "sha256": bytes(32),
                "bytes": 100,
                "arena_bytes": 64,
                "table_bytes": 400,
                "ops": ["FULLY_CONNECTED:float32"],
                "inputs": [0],
                "outputs": [1],
            }
        ],
        "outputs": [{"name": "serial", "kind": "SERIAL", "inputs": [2], "bytes": 100}],
        "stages": [["capability", 0], ["block", 0], ["model", 0], ["block", 1], ["output", 0]],
        "resources": [{"name": "words", "type": "string", "bytes": 10}],
        "wasm": {"memory_bytes": 256, "stack_bytes": 1024},
        "limits": {},
    }


def test_a_good_manifest_is_taken_whole() -> None:
    manifest = rune_manifest.parse(good())
    assert manifest.name == "sine"
    assert manifest.stages == [
        ("capability", 0),
        ("block", 0),
        ("model", 0),
        ("block", 1),
        ("output", 0),
    ]
    assert manifest.wasm_memory_bytes == 256


def put(*path: Any) -> Callable[[dict[str, Any]], None]:
    """Return a change that sets the value (the last of `path`) at the keys before it."""
    *keys, last, value = path

    def change(fields: dict[str, Any]) -> None:
        for key in keys:
            fields = fields[key]
        fields[last] = value

    return change


NARROW = "manifest.limits.table_bytes_32"
FAULTS = {
    "name with a slash": (put("name", "../etc"), "manifest.name"),
    "name empty": (put("name", ""), "manifest.name"),
    "name too long": (put("name", "x" * 64), "manifest.name"),
    "release not text": (put("release", 1), "manifest.release"),
    "rounding not text": (put("rounding", 2), "manifest.rounding"),
    "unknown rounding": (put("rounding", "nearest"), "manifest.rounding"),
    "negative period": (put("period_ms", -1), "manifest.period_ms"),
    "boolean size": (put("arena_bytes", True), "manifest.arena_bytes"),
    "size over 31 bits": (put("arena_bytes", 2**31), "manifest.arena_bytes"),
    "tensors a map": (put("tensors", {}), "manifest.tensors"),
    "too many tensors": (put("tensors", [{}] * 65), "manifest.tensors"),
    "tensor not a map": (put("tensors", 0, 7), "tensors[0]"),
    "unknown element type": (put("tensors", 0, "type", "f16"), "tensors[0]"),
    "zero dimension": (put("tensors", 0, "dims", [0]), "tensors[0]"),
    "seven dimensions": (put("tensors", 0, "dims", [1] * 7), "tensors[0]"),
    "bytes too few": (put("tensors", 0, "bytes", 3), "tensors[0]"),
    "bytes too many": (put("tensors", 0, "bytes", 8), "tensors[0]"),
    "shape beyond memory": (put("tensors", 0, "dims", [2**30, 2**30]), "tensors[0]"),
    "offset unaligned": (put("tensors", 0, "offset", 4), "tensors[0]"),
    "offset outside the arena": (put("tensors", 2, "offset", 32), "tensors[2]"),
    "unknown capability": (put("capabilities", 0, "kind", "SMELL"), "capabilities[0]"),
    "capability tensor outside": (put("capabilities", 0, "tensor", 3), "capabilities[0].tensor"),
    "capability param a text": (
        put("capabilities", 0, "params", {"hz": "x"}),
        "capabilities[0].params.hz",
    ),
    "block argument of bytes": (put("blocks", 0, "args", {"by": b"x"}), "blocks[0].args.by"),
    "block argument a list": (put("blocks", 1, "args", {"by": [1]}), "blocks[1].args.by"),
    "block input outside": (put("blocks", 0, "inputs", [9]), "blocks[0].inputs"),
    "block input no index": (put("blocks", 0, "inputs", ["a"]), "blocks[0].inputs"),
    "block state negative": (put("blocks", 0, "state_bytes", -1), "blocks[0].state_bytes"),
    "block code no size": (put("blocks", 1, "code_bytes", "x"), "blocks[1].code_bytes"),
    "model table no size": (put("models", 0, "table_bytes", None), "models[0].table_bytes"),
    "no time for a call": (put("limits", {"call_ms": 0}), "manifest.limits.call_ms"),
    "too much time for a call": (put("limits", {"call_ms": 600_001}), "manifest.limits.call_ms"),
    "time for a call no number": (put("limits", {"call_ms": 1.5}), "manifest.limits.call_ms"),
    "narrow tables no list": (
        put("limits", {"table_bytes_32": 7}),
        "manifest.limits.table_bytes_32",
    ),
    "narrow table no size": (
        put("limits", {"table_bytes_32": [-1]}),
        "manifest.limits.table_bytes_32",
    ),
    "narrow tables too many": (
        put("limits", {"table_bytes_32": [1, 2]}),
        "manifest.limits.table_bytes_32",
    ),
    "short hash": (put("blocks", 1, "sha256", b"x"), "blocks[1].sha256"),
    "address outside memory": (put("blocks", 1, "addresses", [16, 60]), "blocks[1].addresses"),
    "address missing": (put("blocks", 1, "addresses", [16]), "blocks[1].addresses"),
    "model op no text": (put("models", 0, "ops", [1]), "models[0].ops"),
    "model output outside": (put("models", 0, "outputs", [3]), "models[0].outputs"),
    "unknown output": (put("outputs", 0, "kind", "SMOKE"), "outputs[0]"),
    "stage kind unknown": (put("stages", 0, ["dance", 0]), "stages[0]"),
    "stage kind no text": (put("stages", 0, [b"block", 0]), "stages[0]"),
    "stage not a pair": (put("stages", 0, ["block"]), "stages[0]"),
    "stage index outside": (put("stages", 0, ["block", 2]), "stages[0]"),
    "wasm memory missing": (put("wasm", {"stack_bytes": 1}), "manifest.wasm.memory_bytes"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_by_its_place(fault: str) -> None:
    change, where = FAULTS[fault]
    fields = copy.deepcopy(good())
    change(fields)
    with pytest.raises(RuneError) as caught:
        rune_manifest.parse(fields)
    assert caught.value.code == errors.BAD_MANIFEST
    assert caught.value.arguments[0] == where


@pytest.mark.parametrize("key", list(good()))
def test_every_missing_field_is_named(key: str) -> None:
    fields = good()
    del fields[key]
    with pytest.raises(RuneError) as caught:
        rune_manifest.parse(fields)
    assert caught.value.arguments == (f"manifest.{key}", "missing")


@pytest.mark.parametrize("value", [None, [], 7, "x"])
def test_what_is_no_map_is_refused(value: object) -> None:
    with pytest.raises(RuneError):
        rune_manifest.parse(value)


def test_a_newer_runicds_field_is_not_ignored() -> None:
    for fields in (good() | {"fuel": 7}, good() | {"format": 2}):
        with pytest.raises(RuneError) as caught:
            rune_manifest.parse(fields)
        assert caught.value.code == errors.NEWER_FORMAT
