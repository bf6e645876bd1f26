"""Memory: the RAM that a Rune takes on a board, part by part, from its manifest alone.

Sizes are those of a board with 64-bit pointers, where every object is largest; the parts whose
size no manifest states were measured there. Weights stay in flash and do not count.
"""

from runicos.contract import element
from runicos.contract.checked_manifest import CAPABILITY_KINDS, OUTPUT_KINDS, Manifest

# Linear memory is declared in pages.
WASM_PAGE_BYTES = 65_536
_RING_MIN_BYTES = 1024
# The heap gives memory in blocks of this size.
_BLOCK_BYTES = 32
_POINTER_BYTES = 8
# How many places a dict of so many entries has.
_DICT_PLACES = (0, 2, 4, 6, 8, 10, 12, 17, 23, 29, 37, 47, 59, 73)
# Texts that the firmware has already: they take no RAM.
_KNOWN_TEXTS = element.NAMES + CAPABILITY_KINDS + OUTPUT_KINDS
# A Rune without its manifest: its file's sections, its state, its telemetry.
_RUNE_BYTES = 2048
_STAGE_ENTRY_BYTES = 72
_CONTAINER_BYTES = 1472
_STAGE_BYTES = 208
_TENSOR_BYTES = 64
_STOCK_BLOCK_BYTES = 448
_MODEL_BYTES = 320
# A driver; that of the microphone has a buffer for a stereo file that must be converted.
_DRIVER_BYTES = 320
_SOUND_DRIVER_BYTES = 1600
# An instance of wasm3 with its objects, but for memory, stack and what it compiles to.
_SANDBOX_BYTES = 6400
_MODEL_IMPORT_BYTES = 192
# What the calls that `_manifest` makes compile to; memory for code is taken by the page, and
# there is this much in the first one.
_CODE_PAGE_BYTES = 1056
_CODE_PAGE_ROOM = 1000
_CODE_ROOM_AT_FIRST = 600
_CAPABILITY_CODE_BYTES = 80
_PARAMETER_CODE_BYTES = 180
_MODEL_CODE_BYTES = 72
_OUTPUT_CODE_BYTES = 50


def ring_bytes(manifest: Manifest) -> int:
    """Return the size of a Rune's output ring: room for two of its largest records."""
    largest = max([0] + [_size(output["bytes"]) for output in manifest.outputs])
    return max(_RING_MIN_BYTES, 2 * (largest + 16))


def ram_bytes(manifest: Manifest) -> int:
    """Return the RAM that a Rune takes on a board, in bytes."""
    return sum([size for _, size in ram_parts(manifest)])


def ram_parts(manifest: Manifest) -> "list[tuple[str, int]]":
    """Return what the RAM is taken for: (part, bytes)."""
    return [
        ("manifest", manifest_bytes(manifest)),
        ("tensors", _heap(manifest.arena_bytes)),
        ("models", sum([_model_bytes(model) for model in manifest.models])),
        ("blocks", sum([_block_bytes(block) for block in manifest.blocks])),
        ("outputs", _heap(ring_bytes(manifest))),
        ("sandbox", _sandbox_bytes(manifest)),
        ("container", _container_bytes(manifest)),
    ]


def stage_bytes(manifest: Manifest, kind: str, index: int) -> int:
    """Return the RAM that one stage keeps for itself, beside its tensors."""
    if kind == "model":
        return _model_bytes(manifest.models[index])
    if kind == "block":
        return _block_bytes(manifest.blocks[index])
    if kind == "capability":
        return _driver_bytes(manifest.capabilities[index])
    return _heap(ring_bytes(manifest)) // len(manifest.outputs)


def manifest_bytes(manifest: Manifest) -> int:
    """Return what a Rune takes as soon as it is on a board: its manifest, read into objects."""
    lists = [manifest.tensors, manifest.capabilities, manifest.blocks, manifest.models]
    lists += [manifest.outputs, manifest.resources]
    total = _RUNE_BYTES + _STAGE_ENTRY_BYTES * len(manifest.stages)
    return total + sum([_record_bytes(record) for records in lists for record in records])


def _model_bytes(model: "dict[str, object]") -> int:
    return _MODEL_BYTES + _heap(_size(model["arena_bytes"])) + _heap(_size(model["table_bytes"]))


def _block_bytes(block: "dict[str, object]") -> int:
    if "section" not in block:
        return _STOCK_BLOCK_BYTES + _heap(_size(block["state_bytes"]))
    instance = _SANDBOX_BYTES + _heap(_size(block["code_bytes"]))
    return instance + _heap(_size(block["memory_bytes"])) + _heap(_size(block["stack_bytes"]))


def _sandbox_bytes(manifest: Manifest) -> int:
    code_bytes = _MODEL_CODE_BYTES * len(manifest.models)
    code_bytes += _OUTPUT_CODE_BYTES * len(manifest.outputs)
    for capability in manifest.capabilities:
        parameters = capability["params"]
        assert isinstance(parameters, dict)
        code_bytes += _CAPABILITY_CODE_BYTES + _PARAMETER_CODE_BYTES * len(parameters)
    pages = (code_bytes + _CODE_PAGE_ROOM - _CODE_ROOM_AT_FIRST) // _CODE_PAGE_ROOM
    total = _SANDBOX_BYTES + (_MODEL_IMPORT_BYTES if manifest.models else 0)
    total += _CODE_PAGE_BYTES * (1 + pages)
    return total + _heap(manifest.wasm_memory_bytes) + _heap(manifest.wasm_stack_bytes)


def _container_bytes(manifest: Manifest) -> int:
    total = _CONTAINER_BYTES + _STAGE_BYTES * len(manifest.stages)
    total += _TENSOR_BYTES * len(manifest.tensors)
    return total + sum([_driver_bytes(capability) for capability in manifest.capabilities])


def _driver_bytes(capability: "dict[str, object]") -> int:
    return _SOUND_DRIVER_BYTES if capability["kind"] == "SOUND" else _DRIVER_BYTES


def _heap(size_bytes: int) -> int:
    """Return what the heap takes for so many bytes."""
    return -(-size_bytes // _BLOCK_BYTES) * _BLOCK_BYTES


def _size(value: object) -> int:
    assert isinstance(value, int)
    return value


def _record_bytes(record: "dict[str, object]") -> int:
    """Return what a record of the manifest takes; the firmware has its keys already."""
    return _map_bytes(record) + sum([_object_bytes(value) for value in record.values()])


def _map_bytes(value: "dict[str, object]") -> int:
    return _BLOCK_BYTES + _heap(2 * _POINTER_BYTES * _dict_places(len(value)))


def _object_bytes(value: object) -> int:
    """Return what a decoded value takes on the heap, and all that is in it."""
    if isinstance(value, dict):
        return _record_bytes(value) + sum([_object_bytes(key) for key in value])
    if isinstance(value, (list, tuple)):
        held = _heap(_POINTER_BYTES * _list_places(len(value)))
        return _BLOCK_BYTES + held + sum([_object_bytes(inner) for inner in value])
    if isinstance(value, str):
        return 0 if value in _KNOWN_TEXTS else _BLOCK_BYTES + _heap(len(value.encode()) + 1)
    if isinstance(value, bytes):
        return _BLOCK_BYTES + _heap(len(value) + 1)
    return _BLOCK_BYTES if isinstance(value, float) else 0


def _dict_places(count: int) -> int:
    for places in _DICT_PLACES:
        if places >= count:
            return places
    return count + count // 2 + 1


def _list_places(count: int) -> int:
    places = 4
    while places < count:
        places *= 2
    return places
