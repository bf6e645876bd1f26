"""Memory: the RAM that a Rune takes on a board, part by part, from its manifest alone.

Pointers have 8 or 4 bytes, which every function is told; where they have 4, nearly all is smaller.
The parts whose size no manifest states were measured, on the simulated board and on an emulated
Cortex-M7; of sensors' drivers those of the simulated ones. Weights stay in flash and do not count.
"""

from runicos.contract import element
from runicos.contract.checked_manifest import CAPABILITY_KINDS, OUTPUT_KINDS, Manifest

# Linear memory is declared in pages.
WASM_PAGE_BYTES = 65_536
_RING_MIN_BYTES = 1024
WIDE_POINTER_BYTES = 8
# The heap gives memory in blocks of so many pointers.
_BLOCK_POINTERS = 4
# How many places a dict of so many entries has.
_DICT_PLACES = (0, 2, 4, 6, 8, 10, 12, 17, 23, 29, 37, 47, 59, 73)
# Texts that the firmware has already: they take no RAM.
_KNOWN_TEXTS = element.NAMES + CAPABILITY_KINDS + OUTPUT_KINDS
# What was measured, where pointers have 4 bytes and where they have 8: see _of.
# A Rune without its manifest: its file's sections, its state, its telemetry.
_RUNE_BYTES = (1408, 2336)
_STAGE_ENTRY_BYTES = (36, 72)
_CONTAINER_BYTES = (1248, 1952)
_STAGE_BYTES = (128, 208)
# What is counted of its calls, see native_modules/rune/saga.h.
_SAGA_OBJECT_BYTES = (48, 64)
_SAGA_HEAD_BYTES = 88
_SAGA_HISTOGRAM_BYTES = 200
_SAGA_ELEMENTS_MAX = 1024
_SAGA_CLASSES_MAX = 64
_SAGA_TYPES = ("i8", "u8", "i16", "u16", "f32")
# What counts how often a sensor is read, and how much an output sends.
_RATE_BYTES = 32
_TENSOR_BYTES = (40, 64)
_STOCK_BLOCK_BYTES = (320, 448)
_MODEL_BYTES = (208, 320)
# A driver; that of the microphone has a buffer for a stereo file that must be converted.
_DRIVER_BYTES = (480, 320)
_SOUND_DRIVER_BYTES = (1600, 1600)
# An instance of wasm3 with its objects, but for memory, stack and what it compiles to.
_SANDBOX_BYTES = (4848, 6464)
_MODEL_IMPORT_BYTES = (96, 192)
# What the calls that `_manifest` makes compile to; memory for code is taken by the page, and
# there is this much in the first one.
_CODE_PAGE_BYTES = 1056
_CODE_PAGE_ROOM = 1000
_CODE_ROOM_AT_FIRST = 600
_CAPABILITY_CODE_BYTES = (30, 80)
_PARAMETER_CODE_BYTES = (70, 180)
_MODEL_CODE_BYTES = (22, 72)
_OUTPUT_CODE_BYTES = (22, 50)


def ring_bytes(manifest: Manifest) -> int:
    """Return the size of a Rune's output ring: room for two of its largest records."""
    largest = max([0] + [_size(output["bytes"]) for output in manifest.outputs])
    return max(_RING_MIN_BYTES, 2 * (largest + 16))


def ram_bytes(manifest: Manifest, pointer_bytes: int = WIDE_POINTER_BYTES) -> int:
    """Return the RAM that a Rune takes on a board whose pointers have so many bytes."""
    return sum([size for _, size in ram_parts(manifest, pointer_bytes)])


def ram_parts(
    manifest: Manifest, pointer_bytes: int = WIDE_POINTER_BYTES
) -> "list[tuple[str, int]]":
    """Return what the RAM is taken for: (part, bytes)."""
    models = [model_bytes(manifest, at, pointer_bytes) for at in range(len(manifest.models))]
    blocks = [_block_bytes(block, pointer_bytes) for block in manifest.blocks]
    return [
        ("manifest", manifest_bytes(manifest, pointer_bytes)),
        ("tensors", _heap(manifest.arena_bytes, pointer_bytes)),
        ("models", sum(models)),
        ("blocks", sum(blocks)),
        ("outputs", _heap(ring_bytes(manifest), pointer_bytes)),
        ("sandbox", _sandbox_bytes(manifest, pointer_bytes)),
        ("container", _container_bytes(manifest, pointer_bytes)),
    ]


def stage_bytes(manifest: Manifest, kind: str, index: int, pointer_bytes: int) -> int:
    """Return the RAM that one stage keeps for itself, beside its tensors."""
    if kind == "model":
        return model_bytes(manifest, index, pointer_bytes)
    if kind == "block":
        return _block_bytes(manifest.blocks[index], pointer_bytes)
    if kind == "capability":
        return _driver_bytes(manifest.capabilities[index], pointer_bytes)
    return _heap(ring_bytes(manifest), pointer_bytes) // len(manifest.outputs)


def manifest_bytes(manifest: Manifest, pointer_bytes: int) -> int:
    """Return what a Rune takes as soon as it is on a board: its manifest, read into objects."""
    lists = [manifest.tensors, manifest.capabilities, manifest.blocks, manifest.models]
    lists += [manifest.outputs, manifest.resources]
    total = _of(_RUNE_BYTES, pointer_bytes)
    total += _of(_STAGE_ENTRY_BYTES, pointer_bytes) * len(manifest.stages)
    total += _object_bytes(manifest.narrow_table_bytes, pointer_bytes)
    return total + sum(
        [_record_bytes(record, pointer_bytes) for records in lists for record in records]
    )


def model_bytes(manifest: Manifest, index: int, pointer_bytes: int) -> int:
    """Return the RAM that a model takes: its arena, its tables, and its object."""
    model = manifest.models[index]
    table_bytes = _size(model["table_bytes"])
    if pointer_bytes < WIDE_POINTER_BYTES and manifest.narrow_table_bytes:
        table_bytes = _size(manifest.narrow_table_bytes[index])
    arena_bytes = _heap(_size(model["arena_bytes"]), pointer_bytes)
    return _of(_MODEL_BYTES, pointer_bytes) + arena_bytes + _heap(table_bytes, pointer_bytes)


def _block_bytes(block: "dict[str, object]", pointer_bytes: int) -> int:
    if "section" not in block:
        state_bytes = _heap(_size(block["state_bytes"]), pointer_bytes)
        return _of(_STOCK_BLOCK_BYTES, pointer_bytes) + state_bytes
    instance = _of(_SANDBOX_BYTES, pointer_bytes)
    instance += _heap(_compiled_bytes(_size(block["code_bytes"]), pointer_bytes), pointer_bytes)
    instance += _heap(_size(block["memory_bytes"]), pointer_bytes)
    return instance + _heap(_size(block["stack_bytes"]), pointer_bytes)


def _compiled_bytes(code_bytes: int, pointer_bytes: int) -> int:
    """Return what is left of a block's code, which is stated for wide pointers: half and some."""
    if pointer_bytes == WIDE_POINTER_BYTES:
        return code_bytes
    return _CODE_PAGE_BYTES + max(0, code_bytes - _CODE_PAGE_BYTES) * 5 // 8


def _sandbox_bytes(manifest: Manifest, pointer_bytes: int) -> int:
    code_bytes = _of(_MODEL_CODE_BYTES, pointer_bytes) * len(manifest.models)
    code_bytes += _of(_OUTPUT_CODE_BYTES, pointer_bytes) * len(manifest.outputs)
    for capability in manifest.capabilities:
        parameters = capability["params"]
        assert isinstance(parameters, dict)
        code_bytes += _of(_CAPABILITY_CODE_BYTES, pointer_bytes)
        code_bytes += _of(_PARAMETER_CODE_BYTES, pointer_bytes) * len(parameters)
    pages = (code_bytes + _CODE_PAGE_ROOM - _CODE_ROOM_AT_FIRST) // _CODE_PAGE_ROOM
    total = _of(_SANDBOX_BYTES, pointer_bytes) + _CODE_PAGE_BYTES * (1 + pages)
    total += _of(_MODEL_IMPORT_BYTES, pointer_bytes) if manifest.models else 0
    total += _heap(manifest.wasm_memory_bytes, pointer_bytes)
    return total + _heap(manifest.wasm_stack_bytes, pointer_bytes)


def _container_bytes(manifest: Manifest, pointer_bytes: int) -> int:
    total = _of(_CONTAINER_BYTES, pointer_bytes)
    total += _of(_STAGE_BYTES, pointer_bytes) * len(manifest.stages)
    total += _of(_TENSOR_BYTES, pointer_bytes) * len(manifest.tensors)
    total += _of(_SAGA_OBJECT_BYTES, pointer_bytes)
    total += _heap(saga_bytes(manifest), pointer_bytes)
    total += _RATE_BYTES * (len(manifest.capabilities) + len(manifest.outputs))
    drivers = [_driver_bytes(one, pointer_bytes) for one in manifest.capabilities]
    return total + sum(drivers)


def saga_bytes(manifest: Manifest) -> int:
    """Return the size of what is counted of a Rune's calls: histograms, classes, inputs."""
    histograms = (1 + len(manifest.stages)) * _SAGA_HISTOGRAM_BYTES
    return _SAGA_HEAD_BYTES + histograms + 4 * _saga_classes(manifest)


def _saga_classes(manifest: Manifest) -> int:
    """Return how many classes the last model distinguishes, as far as they are counted."""
    models = [at for kind, at in manifest.stages if kind == "model"]
    if not models:
        return 0
    outputs = manifest.models[models[-1]]["outputs"]
    assert isinstance(outputs, (list, tuple))
    tensor = manifest.tensors[outputs[0]]
    dims = tensor["dims"]
    assert isinstance(dims, (list, tuple))
    count = element.count(dims)
    if tensor["type"] not in _SAGA_TYPES or not dims or dims[-1] != count:
        return 0
    return min(count, _SAGA_CLASSES_MAX) if 2 <= count <= _SAGA_ELEMENTS_MAX else 0


def _driver_bytes(capability: "dict[str, object]", pointer_bytes: int) -> int:
    is_sound = capability["kind"] == "SOUND"
    return _of(_SOUND_DRIVER_BYTES if is_sound else _DRIVER_BYTES, pointer_bytes)


def _of(measured: "tuple[int, int]", pointer_bytes: int) -> int:
    return measured[pointer_bytes == WIDE_POINTER_BYTES]


def _heap(size_bytes: int, pointer_bytes: int) -> int:
    """Return what the heap takes for so many bytes."""
    block_bytes = _BLOCK_POINTERS * pointer_bytes
    return -(-size_bytes // block_bytes) * block_bytes


def _size(value: object) -> int:
    assert isinstance(value, int)
    return value


def _record_bytes(record: "dict[str, object]", pointer_bytes: int) -> int:
    """Return what a record of the manifest takes; the firmware has its keys already."""
    held = [_object_bytes(value, pointer_bytes) for value in record.values()]
    return _map_bytes(record, pointer_bytes) + sum(held)


def _map_bytes(value: "dict[str, object]", pointer_bytes: int) -> int:
    places = _heap(2 * pointer_bytes * _dict_places(len(value)), pointer_bytes)
    return _BLOCK_POINTERS * pointer_bytes + places


def _object_bytes(value: object, pointer_bytes: int) -> int:
    """Return what a decoded value takes on the heap, and all that is in it."""
    block_bytes = _BLOCK_POINTERS * pointer_bytes
    if isinstance(value, dict):
        keys = [_object_bytes(key, pointer_bytes) for key in value]
        return _record_bytes(value, pointer_bytes) + sum(keys)
    if isinstance(value, (list, tuple)):
        held = _heap(pointer_bytes * _list_places(len(value)), pointer_bytes)
        return block_bytes + held + sum([_object_bytes(inner, pointer_bytes) for inner in value])
    if isinstance(value, str):
        known = value in _KNOWN_TEXTS
        return 0 if known else block_bytes + _heap(len(value.encode()) + 1, pointer_bytes)
    if isinstance(value, bytes):
        return block_bytes + _heap(len(value) + 1, pointer_bytes)
    return block_bytes if isinstance(value, float) else 0


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
