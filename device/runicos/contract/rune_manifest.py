"""The manifest of a Rune: what `runic.manifest` says, checked once, here.

`parse` takes the decoded CBOR map and yields a Manifest whose every index, size and name holds;
later code relies on that. It raises RuneError(BAD_MANIFEST, where, what) or
RuneError(NEWER_FORMAT, what). docs/rune-format.md describes the fields.
"""

from runicos.contract import element
from runicos.contract.errors import BAD_MANIFEST, NEWER_FORMAT, RuneError

FORMAT = 1
ABI = "0.11"
CAPABILITY_KINDS = ("RAND", "SOUND", "ACCEL", "IMAGE", "RAW", "FLOAT_IMAGE")
OUTPUT_KINDS = ("SERIAL", "BLE", "PIN", "WIFI", "TENSOR")
STAGE_KINDS = ("capability", "block", "model", "output")
TENSOR_ALIGNMENT = 16
# Less than half of what a board's clock counts before it starts over: six days.
PERIOD_MAX_MS = 0x1FFFFFFF
NAME_MAX = 63
_LIST_MAX = 64
_NAME_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789_.-"

_TEXT = 0
_SIZE = 1
_LIST = 2
_MAP = 3
_HASH = 4
_SIZE_OR_NONE = 5
_EXPECTED = ("text", "a size", "a list", "a map", "a SHA-256", "a size or null")

_TOP = {
    "format": _SIZE,
    "name": _TEXT,
    "release": _TEXT,
    "abi": _TEXT,
    "period_ms": _SIZE,
    "tensors": _LIST,
    "arena_bytes": _SIZE,
    "capabilities": _LIST,
    "blocks": _LIST,
    "models": _LIST,
    "outputs": _LIST,
    "stages": _LIST,
    "resources": _LIST,
    "wasm": _MAP,
    "limits": _MAP,
}
_TENSOR = {"type": _TEXT, "dims": _LIST, "bytes": _SIZE, "offset": _SIZE_OR_NONE}
_CAPABILITY = {"name": _TEXT, "kind": _TEXT, "params": _MAP, "tensor": _SIZE}
_STOCK_BLOCK = {
    "name": _TEXT,
    "block": _TEXT,
    "args": _MAP,
    "state_bytes": _SIZE,
    "inputs": _LIST,
    "outputs": _LIST,
}
_CUSTOM_BLOCK = {
    "name": _TEXT,
    "section": _SIZE,
    "sha256": _HASH,
    "args": _MAP,
    "inputs": _LIST,
    "outputs": _LIST,
    "code_bytes": _SIZE,
    "memory_bytes": _SIZE,
    "stack_bytes": _SIZE,
    "addresses": _LIST,
}
_MODEL = {
    "name": _TEXT,
    "section": _SIZE,
    "sha256": _HASH,
    "bytes": _SIZE,
    "arena_bytes": _SIZE,
    "table_bytes": _SIZE,
    "ops": _LIST,
    "inputs": _LIST,
    "outputs": _LIST,
}
_OUTPUT = {"name": _TEXT, "kind": _TEXT, "inputs": _LIST, "bytes": _SIZE}
_RESOURCE = {"name": _TEXT, "type": _TEXT, "bytes": _SIZE}
_WASM = {"memory_bytes": _SIZE, "stack_bytes": _SIZE}


class Manifest:
    """A checked manifest; attributes are the map's keys, with lists of maps inside."""

    def __init__(self, fields: "dict[str, object]") -> None:
        self.name = str(fields["name"])
        self.release = str(fields["release"])
        self.abi = str(fields["abi"])
        self.period_ms = _number(fields["period_ms"])
        self.arena_bytes = _number(fields["arena_bytes"])
        self.tensors = _maps(fields["tensors"])
        self.capabilities = _maps(fields["capabilities"])
        self.blocks = _maps(fields["blocks"])
        self.models = _maps(fields["models"])
        self.outputs = _maps(fields["outputs"])
        self.resources = _maps(fields["resources"])
        self.stages = [_pair(stage) for stage in _list(fields["stages"])]
        self.wasm_memory_bytes = _number(fields["wasm"]["memory_bytes"])  # type: ignore[index]
        self.wasm_stack_bytes = _number(fields["wasm"]["stack_bytes"])  # type: ignore[index]


def parse(fields: object) -> Manifest:
    """Return the Manifest of a decoded map. Raises RuneError."""
    if isinstance(fields, dict) and fields.get("format", FORMAT) != FORMAT:
        raise RuneError(NEWER_FORMAT, "manifest format %s" % fields["format"])
    top = _record(fields, _TOP, "manifest")
    check_name(top["name"], "manifest.name")
    if _number(top["period_ms"]) > PERIOD_MAX_MS:
        raise _bad("manifest.period_ms", "is more than %d" % PERIOD_MAX_MS)
    _check_tensors(top)
    _check_capabilities(top)
    _check_blocks(top)
    _check_models(top)
    _check_outputs(top)
    _each(top, "resources", _RESOURCE)
    _record(top["wasm"], _WASM, "manifest.wasm")
    _check_stages(top)
    return Manifest(top)


def is_name(name: object) -> bool:
    """Say whether a text may name a Rune: it becomes a file name on the board."""
    if not isinstance(name, str) or not 0 < len(name) <= NAME_MAX or name[0] in "_.-":
        return False
    return all([character in _NAME_CHARACTERS for character in name])


def check_name(name: object, where: str) -> None:
    """Raise RuneError unless `name` may name a Rune."""
    if not is_name(name):
        raise _bad(where, "%r is no name (a-z, 0-9, '_', '.', '-'; at most 63)" % (name,))


def _bad(where: str, what: str) -> RuneError:
    return RuneError(BAD_MANIFEST, where, what)


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value


def _pair(value: object) -> "tuple[str, int]":
    kind, index = _list(value)
    return str(kind), _number(index)


def _maps(value: object) -> "list[dict[str, object]]":
    assert isinstance(value, list)
    return value


def _is_size(value: object) -> bool:
    return (
        isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= element.MAX_BYTES
    )


def _fits(value: object, expected: int) -> bool:
    if expected == _TEXT:
        return isinstance(value, str) and len(value) <= 255
    if expected == _SIZE_OR_NONE:
        return value is None or _is_size(value)
    if expected == _LIST:
        return isinstance(value, list) and len(value) <= _LIST_MAX
    if expected == _MAP:
        return isinstance(value, dict)
    if expected == _HASH:
        return isinstance(value, bytes) and len(value) == 32
    return _is_size(value)


def _record(value: object, fields: "dict[str, int]", where: str) -> "dict[str, object]":
    """Check that a map has exactly these fields, of these types."""
    if not isinstance(value, dict):
        raise _bad(where, "not a map")
    for key in value:
        if key not in fields:
            raise RuneError(NEWER_FORMAT, "%s.%s" % (where, key))
    for key, expected in fields.items():
        if key not in value:
            raise _bad("%s.%s" % (where, key), "missing")
        if not _fits(value[key], expected):
            raise _bad("%s.%s" % (where, key), "is not %s" % _EXPECTED[expected])
    return value


def _each(
    top: "dict[str, object]", key: str, fields: "dict[str, int]"
) -> "list[tuple[str, dict[str, object]]]":
    found = []
    for index, item in enumerate(_maps(top[key])):
        where = "%s[%d]" % (key, index)
        found.append((where, _record(item, fields, where)))
    return found


def _check_tensors(top: "dict[str, object]") -> None:
    for where, tensor in _each(top, "tensors", _TENSOR):
        dims = tensor["dims"]
        if tensor["type"] not in element.NAMES:
            raise _bad(where, "unknown element type %s" % tensor["type"])
        if (
            not isinstance(dims, list)
            or len(dims) > element.MAX_RANK
            or not all([_is_size(dim) and dim > 0 for dim in dims])
        ):
            raise _bad(where, "dims are not 0 to 6 positive sizes")
        _check_extent(where, tensor, dims, _number(top["arena_bytes"]))


def _check_extent(
    where: str, tensor: "dict[str, object]", dims: "list[int]", arena_bytes: int
) -> None:
    size = _number(tensor["bytes"])
    needed = element.count(dims) * element.size_bytes(str(tensor["type"]))
    if size < needed or (tensor["type"] != "utf8" and size != needed):
        raise _bad(where, "%d bytes for a shape of %d" % (size, needed))
    offset = tensor["offset"]
    if offset is None:
        return
    if _number(offset) % TENSOR_ALIGNMENT or _number(offset) + size > arena_bytes:
        raise _bad(
            where,
            "offset %d is unaligned or outside the arena of %d" % (_number(offset), arena_bytes),
        )


def _check_index(where: str, value: object, limit: int) -> None:
    if not _is_size(value) or _number(value) >= limit:
        raise _bad(where, "%s is outside 0 to %d" % (value, limit - 1))


def _check_tensor_lists(
    where: str, record: "dict[str, object]", tensor_count: int, keys: "tuple[str, ...]"
) -> None:
    for key in keys:
        for value in _list(record[key]):
            _check_index("%s.%s" % (where, key), value, tensor_count)


def _list(value: object) -> "list[object]":
    assert isinstance(value, list)
    return value


def _check_capabilities(top: "dict[str, object]") -> None:
    for where, capability in _each(top, "capabilities", _CAPABILITY):
        if capability["kind"] not in CAPABILITY_KINDS:
            raise _bad(where, "unknown capability %s" % capability["kind"])
        _check_index(where + ".tensor", capability["tensor"], len(_list(top["tensors"])))
        for key, value in capability["params"].items():  # type: ignore[attr-defined]
            if not isinstance(key, str) or not isinstance(value, (int, float)):
                raise _bad("%s.params.%s" % (where, key), "is not a number")


def _check_blocks(top: "dict[str, object]") -> None:
    tensor_count = len(_list(top["tensors"]))
    for index, block in enumerate(_maps(top["blocks"])):
        where = "blocks[%d]" % index
        custom = isinstance(block, dict) and "section" in block
        _record(block, _CUSTOM_BLOCK if custom else _STOCK_BLOCK, where)
        _check_tensor_lists(where, block, tensor_count, ("inputs", "outputs"))
        if custom:
            _check_addresses(where, block, top)


def _check_addresses(where: str, block: "dict[str, object]", top: "dict[str, object]") -> None:
    used = _list(block["inputs"]) + _list(block["outputs"])
    addresses = _list(block["addresses"])
    if len(addresses) != len(used):
        raise _bad(where + ".addresses", "%d for %d tensors" % (len(addresses), len(used)))
    for address, tensor in zip(addresses, used):
        size = _number(_maps(top["tensors"])[_number(tensor)]["bytes"])
        if not _is_size(address) or _number(address) + size > _number(block["memory_bytes"]):
            raise _bad(
                where + ".addresses",
                "%s is outside the memory of %s" % (address, block["memory_bytes"]),
            )


def _check_models(top: "dict[str, object]") -> None:
    for where, model in _each(top, "models", _MODEL):
        _check_tensor_lists(where, model, len(_list(top["tensors"])), ("inputs", "outputs"))
        if not all([isinstance(op, str) for op in _list(model["ops"])]):
            raise _bad(where + ".ops", "is not a list of texts")


def _check_outputs(top: "dict[str, object]") -> None:
    for where, output in _each(top, "outputs", _OUTPUT):
        if output["kind"] not in OUTPUT_KINDS:
            raise _bad(where, "unknown output %s" % output["kind"])
        _check_tensor_lists(where, output, len(_list(top["tensors"])), ("inputs",))


_STAGE_LISTS = {
    "capability": "capabilities",
    "block": "blocks",
    "model": "models",
    "output": "outputs",
}


def _check_stages(top: "dict[str, object]") -> None:
    for index, stage in enumerate(_list(top["stages"])):
        where = "stages[%d]" % index
        if not isinstance(stage, list) or len(stage) != 2 or not isinstance(stage[0], str):
            raise _bad(where, "is not [kind, index]")
        if stage[0] not in STAGE_KINDS:
            raise _bad(where, "unknown kind %s" % stage[0])
        _check_index(where, stage[1], len(_list(top[_STAGE_LISTS[stage[0]]])))
