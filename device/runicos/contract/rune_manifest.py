"""The check of a Rune's manifest: what `runic.manifest` says, checked once, here.

`parse` takes the decoded CBOR map and yields a Manifest whose every index, size and name holds;
later code relies on that. It raises RuneError(BAD_MANIFEST, where, what) or
RuneError(NEWER_FORMAT, what). docs/rune-format.md describes the fields.
"""

from runicos.contract import element
from runicos.contract.checked_manifest import (
    CALL_MAX_MS,
    CAPABILITY_KINDS,
    FORMAT,
    OUTPUT_KINDS,
    PERIOD_MAX_MS,
    ROUNDINGS,
    STAGE_KINDS,
    TENSOR_ALIGNMENT,
    Manifest,
    as_list,
    as_maps,
    as_number,
)
from runicos.contract.errors import BAD_MANIFEST, NEWER_FORMAT, RuneError

NAME_MAX = 63
_LIST_MAX = 64
_NAME_CHARACTERS = b"abcdefghijklmnopqrstuvwxyz0123456789_.-"

# (field, what it must be), …: tuples of constants, so that they lie in a board's flash.
_TOP = (
    ("format", "a size"),
    ("name", "text"),
    ("release", "text"),
    ("abi", "text"),
    ("rounding", "text"),
    ("period_ms", "a size"),
    ("tensors", "a list"),
    ("arena_bytes", "a size"),
    ("capabilities", "a list"),
    ("blocks", "a list"),
    ("models", "a list"),
    ("outputs", "a list"),
    ("stages", "a list"),
    ("resources", "a list"),
    ("wasm", "a map"),
    ("limits", "a map"),
)
_TOP_OPTIONAL = (("security_counter", "a size"),)
_TENSOR = (("type", "text"), ("dims", "a list"), ("bytes", "a size"), ("offset", "a size or null"))
_CAPABILITY = (("name", "text"), ("kind", "text"), ("params", "a map"), ("tensor", "a size"))
_STOCK_BLOCK = (
    ("name", "text"),
    ("block", "text"),
    ("args", "a map"),
    ("state_bytes", "a size"),
    ("inputs", "a list"),
    ("outputs", "a list"),
)
_CUSTOM_BLOCK = (
    ("name", "text"),
    ("section", "a size"),
    ("sha256", "a SHA-256"),
    ("args", "a map"),
    ("inputs", "a list"),
    ("outputs", "a list"),
    ("code_bytes", "a size"),
    ("memory_bytes", "a size"),
    ("stack_bytes", "a size"),
    ("addresses", "a list"),
)
_MODEL = (
    ("name", "text"),
    ("section", "a size"),
    ("sha256", "a SHA-256"),
    ("bytes", "a size"),
    ("arena_bytes", "a size"),
    ("table_bytes", "a size"),
    ("ops", "a list"),
    ("inputs", "a list"),
    ("outputs", "a list"),
)
# Of these, what a record may say besides: the most in a second.
_CAPABILITY_RATE = (("reads_per_s", "a rate"),)
_OUTPUT_RATE = (("bytes_per_s", "a rate"),)
_OUTPUT = (("name", "text"), ("kind", "text"), ("inputs", "a list"), ("bytes", "a size"))
_RESOURCE = (("name", "text"), ("type", "text"), ("bytes", "a size"))
_WASM = (("memory_bytes", "a size"), ("stack_bytes", "a size"))


def parse(fields: object) -> Manifest:
    """Return the Manifest of a decoded map. Raises RuneError."""
    if isinstance(fields, dict) and fields.get("format", FORMAT) != FORMAT:
        raise RuneError(NEWER_FORMAT, "manifest format %s" % fields["format"])
    top = _record(fields, _TOP, "manifest", _TOP_OPTIONAL)
    check_name(top["name"], "manifest.name")
    if as_number(top["period_ms"]) > PERIOD_MAX_MS:
        raise _bad("manifest.period_ms", "is more than %d" % PERIOD_MAX_MS)
    if top["rounding"] not in ROUNDINGS:
        raise _bad("manifest.rounding", "unknown rounding %s" % top["rounding"])
    _check_tensors(top)
    _check_capabilities(top)
    _check_blocks(top)
    _check_models(top)
    _check_outputs(top)
    _each(top, "resources", _RESOURCE)
    _record(top["wasm"], _WASM, "manifest.wasm")
    _check_stages(top)
    _check_limits(top)
    return Manifest(top)


def is_name(name: object) -> bool:
    """Say whether a text may name a Rune: it becomes a file name on the board."""
    if not isinstance(name, str):
        return False
    # As bytes: MicroPython keeps every single character that it ever took out of a text.
    encoded = name.encode()
    if not 0 < len(encoded) <= NAME_MAX or encoded[0] in b"_.-":
        return False
    return all([byte in _NAME_CHARACTERS for byte in encoded])


def check_name(name: object, where: str) -> None:
    """Raise RuneError unless `name` may name a Rune."""
    if not is_name(name):
        raise _bad(where, "%r is no name (a-z, 0-9, '_', '.', '-'; at most 63)" % (name,))


def _bad(where: str, what: str) -> RuneError:
    return RuneError(BAD_MANIFEST, where, what)


def _is_size(value: object) -> bool:
    return (
        isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= element.MAX_BYTES
    )


def _fits(value: object, expected: str) -> bool:
    if expected == "text":
        return isinstance(value, str) and len(value) <= 255
    if expected == "a size or null":
        return value is None or _is_size(value)
    if expected == "a rate":
        return _is_size(value) and value != 0
    if expected == "a list":
        return isinstance(value, list) and len(value) <= _LIST_MAX
    if expected == "a map":
        return isinstance(value, dict)
    if expected == "a SHA-256":
        return isinstance(value, bytes) and len(value) == 32
    return _is_size(value)


def _record(
    value: object,
    fields: "tuple[tuple[str, str], ...]",
    where: str,
    optional: "tuple[tuple[str, str], ...]" = (),
) -> "dict[str, object]":
    """Check that a map has exactly these fields, of these types; some may be missing."""
    if not isinstance(value, dict):
        raise _bad(where, "not a map")
    names = [field[0] for field in fields + optional]
    for key in value:
        if key not in names:
            raise RuneError(NEWER_FORMAT, "%s.%s" % (where, key))
    for key, expected in fields + optional:
        if key not in value:
            if (key, expected) in optional:
                continue
            raise _bad("%s.%s" % (where, key), "missing")
        if not _fits(value[key], expected):
            raise _bad("%s.%s" % (where, key), "is not %s" % expected)
    return value


def _each(
    top: "dict[str, object]",
    key: str,
    fields: "tuple[tuple[str, str], ...]",
    optional: "tuple[tuple[str, str], ...]" = (),
) -> "list[tuple[str, dict[str, object]]]":
    found = []
    for index, item in enumerate(as_maps(top[key])):
        where = "%s[%d]" % (key, index)
        found.append((where, _record(item, fields, where, optional)))
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
        _check_extent(where, tensor, dims, as_number(top["arena_bytes"]))


def _check_extent(
    where: str, tensor: "dict[str, object]", dims: "list[int]", arena_bytes: int
) -> None:
    size = as_number(tensor["bytes"])
    needed = element.count(dims) * element.size_bytes(str(tensor["type"]))
    if size < needed or (tensor["type"] != "utf8" and size != needed):
        raise _bad(where, "%d bytes for a shape of %d" % (size, needed))
    offset = tensor["offset"]
    if offset is None:
        return
    if as_number(offset) % TENSOR_ALIGNMENT or as_number(offset) + size > arena_bytes:
        raise _bad(
            where,
            "offset %d is unaligned or outside the arena of %d" % (as_number(offset), arena_bytes),
        )


def _check_index(where: str, value: object, limit: int) -> None:
    if not _is_size(value) or as_number(value) >= limit:
        raise _bad(where, "%s is outside 0 to %d" % (value, limit - 1))


def _check_tensor_lists(
    where: str, record: "dict[str, object]", tensor_count: int, keys: "tuple[str, ...]"
) -> None:
    for key in keys:
        for value in as_list(record[key]):
            _check_index("%s.%s" % (where, key), value, tensor_count)


def _check_capabilities(top: "dict[str, object]") -> None:
    for where, capability in _each(top, "capabilities", _CAPABILITY, _CAPABILITY_RATE):
        if capability["kind"] not in CAPABILITY_KINDS:
            raise _bad(where, "unknown capability %s" % capability["kind"])
        _check_index(where + ".tensor", capability["tensor"], len(as_list(top["tensors"])))
        _check_values(where + ".params", capability["params"], (int, float), "a number")


def _check_values(where: str, values: object, kinds: "tuple[type, ...]", expected: str) -> None:
    assert isinstance(values, dict)
    for key, value in values.items():
        if not isinstance(key, str) or not isinstance(value, kinds):
            raise _bad("%s.%s" % (where, key), "is not " + expected)


def _check_blocks(top: "dict[str, object]") -> None:
    tensor_count = len(as_list(top["tensors"]))
    for index, block in enumerate(as_maps(top["blocks"])):
        where = "blocks[%d]" % index
        custom = isinstance(block, dict) and "section" in block
        _record(block, _CUSTOM_BLOCK if custom else _STOCK_BLOCK, where)
        _check_values(where + ".args", block["args"], (str, int, float), "a text or a number")
        _check_tensor_lists(where, block, tensor_count, ("inputs", "outputs"))
        if custom:
            _check_addresses(where, block, top)


def _check_addresses(where: str, block: "dict[str, object]", top: "dict[str, object]") -> None:
    used = as_list(block["inputs"]) + as_list(block["outputs"])
    addresses = as_list(block["addresses"])
    if len(addresses) != len(used):
        raise _bad(where + ".addresses", "%d for %d tensors" % (len(addresses), len(used)))
    for address, tensor in zip(addresses, used):
        size = as_number(as_maps(top["tensors"])[as_number(tensor)]["bytes"])
        if not _is_size(address) or as_number(address) + size > as_number(block["memory_bytes"]):
            raise _bad(
                where + ".addresses",
                "%s is outside the memory of %s" % (address, block["memory_bytes"]),
            )


def _check_models(top: "dict[str, object]") -> None:
    for where, model in _each(top, "models", _MODEL):
        _check_tensor_lists(where, model, len(as_list(top["tensors"])), ("inputs", "outputs"))
        if not all([isinstance(op, str) for op in as_list(model["ops"])]):
            raise _bad(where + ".ops", "is not a list of texts")


def _check_limits(top: "dict[str, object]") -> None:
    """Check what is known of this map; the rest is for boards that know more."""
    limits = top["limits"]
    assert isinstance(limits, dict)
    sizes = limits.get("table_bytes_32", [])
    is_list = isinstance(sizes, list) and all([_is_size(size) for size in sizes])
    if not is_list or len(sizes) not in (0, len(as_list(top["models"]))):
        raise _bad("manifest.limits.table_bytes_32", "is not a size for each model")
    call_ms = limits.get("call_ms", CALL_MAX_MS)
    if not _is_size(call_ms) or not 0 < as_number(call_ms) <= CALL_MAX_MS:
        raise _bad("manifest.limits.call_ms", "is not 1 to %d" % CALL_MAX_MS)
    if "log_bytes_per_s" in limits and not _fits(limits["log_bytes_per_s"], "a rate"):
        raise _bad("manifest.limits.log_bytes_per_s", "is not a rate")


def _check_outputs(top: "dict[str, object]") -> None:
    for where, output in _each(top, "outputs", _OUTPUT, _OUTPUT_RATE):
        if output["kind"] not in OUTPUT_KINDS:
            raise _bad(where, "unknown output %s" % output["kind"])
        _check_tensor_lists(where, output, len(as_list(top["tensors"])), ("inputs",))


# By STAGE_KINDS: where the stages of a kind are described.
_STAGE_LISTS = ("capabilities", "blocks", "models", "outputs")


def _check_stages(top: "dict[str, object]") -> None:
    for index, stage in enumerate(as_list(top["stages"])):
        where = "stages[%d]" % index
        if not isinstance(stage, list) or len(stage) != 2 or not isinstance(stage[0], str):
            raise _bad(where, "is not [kind, index]")
        if stage[0] not in STAGE_KINDS:
            raise _bad(where, "unknown kind %s" % stage[0])
        key = _STAGE_LISTS[STAGE_KINDS.index(stage[0])]
        _check_index(where, stage[1], len(as_list(top[key])))
