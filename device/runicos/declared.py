"""Declared: what a Rune's models and blocks take is no more than its manifest says.

Admission counts what the manifest says. In memory only while a Rune is loaded.
"""

import gc

import nn
from micropython import const

from runicos.contract.errors import (
    MANIFEST_MISMATCH,
    MODEL_REFUSED,
    RAM_SHORT,
    Refused,
    RuneError,
)

_NARROW_POINTER_BYTES = const(4)
_TYPES = {
    "int8": "i8",
    "uint8": "u8",
    "int16": "i16",
    "int32": "i32",
    "int64": "i64",
    "float32": "f32",
}


def open_model(
    name: str,
    content: "bytes | memoryview",
    inputs: "tuple[object, ...]",
    outputs: "tuple[object, ...]",
) -> object:
    """Return the loaded model; its tensors are what was declared. Raises RuneError."""
    try:
        model = nn.Model(content)
    except nn.ModelError as error:
        raise RuneError(MODEL_REFUSED, name, str(error))
    for declared, tensors in ((inputs, model.inputs), (outputs, model.outputs)):
        found = tuple(
            [(_TYPES.get(item.dtype, item.dtype), tuple(item.shape)) for item in tensors]
        )
        if found != declared:
            raise RuneError(MODEL_REFUSED, name, "its tensors are %s, not %s" % (found, declared))
    return model


def check_model(model: object, manifest: object, index: int, pointer_bytes: int) -> None:
    """Raise RuneError for a model that takes more RAM than the manifest says."""
    record = manifest.models[index]
    table_bytes = record["table_bytes"]
    if pointer_bytes == _NARROW_POINTER_BYTES and manifest.narrow_table_bytes:
        table_bytes = manifest.narrow_table_bytes[index]
    what = " bytes of model " + record["name"]
    _check("an arena", model.arena_bytes, record["arena_bytes"], what)
    _check("tables", model.table_bytes, table_bytes, what)


def check_block(block: object, record: "dict[str, object]") -> None:
    """Raise RuneError for a stock block that keeps more than the manifest says."""
    what = " bytes of block " + record["name"]
    _check("a state", block.state_bytes, record["state_bytes"], what)


def check_original(heap_free: int) -> None:
    """Raise Refused when a Rune without a manifest leaves less than the service needs.

    `heap_free` is what was free before it was loaded, in bytes.
    """
    from runicos.contract.admission import SERVICE_BYTES, short

    gc.collect()
    taken = heap_free - gc.mem_free()
    reasons = short(RAM_SHORT, taken, max(0, heap_free - SERVICE_BYTES))
    if reasons:
        raise Refused(reasons)


def _check(part: str, taken: int, declared: int, what: str) -> None:
    if taken > declared:
        asked = "%s of %d%s" % (part, taken, what)
        raise RuneError(MANIFEST_MISMATCH, asked, str(declared))
