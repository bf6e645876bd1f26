"""The sections of a Rune's file: found and read into a Slot, nothing copied.

Sections are memoryviews of the file where it lies. Every length is checked against the file, and
what the manifest points at is checked to be there. A file in parts has models that lie elsewhere:
a part ends with the head of such a model's section, the next is the model, the one after goes on.
"""

from hashlib import sha256

from runicos.contract import rune_manifest
from runicos.contract.cbor import loads
from runicos.contract.errors import (
    BAD_MANIFEST,
    BAD_SECTION,
    HASH_MISMATCH,
    MISSING_EXPORT,
    NEWER_FORMAT,
    NOT_WASM,
    RuneError,
)
from runicos.slot import Slot, short_hash

_MAGIC = b"\0asm\1\0\0\0"
_CUSTOM = 0
_MEMORY = 5
_EXPORT = 7
_SECTION_MAX = 12
_FUNCTION_KIND = 0
_MEMORY_KIND = 2
_EXPORTS = (("_manifest", _FUNCTION_KIND), ("_call", _FUNCTION_KIND), ("memory", _MEMORY_KIND))
_MANIFEST = "runic.manifest"
# Custom sections of ours → whether their payload begins with padding.
_LISTS = {"runic.model": True, "runic.block": True, "runic.golden": False}


def read(parts: "tuple[memoryview, ...]") -> Slot:
    """Return the Slot of a file in parts. Raises RuneError."""
    slot = Slot(parts)
    for at in range(len(_MAGIC)):
        if at >= len(parts[0]) or parts[0][at] != _MAGIC[at]:
            raise RuneError(NOT_WASM, at)
    offset = last = 0
    for index in range(0, len(parts), 2):
        model = parts[index + 1] if index + 1 < len(parts) else None
        last = _take_part(slot, parts[index], offset, model, 0 if index else len(_MAGIC))
        offset += len(parts[index]) + (0 if model is None else len(model))
    _check_signature(parts[-1], last)
    _check_exports(slot)
    _check_references(slot)
    return slot


def loaded(parts: "tuple[memoryview, ...]") -> memoryview:
    """Return what of a file that was read the sandbox loads: all before what lies elsewhere."""
    view, at = parts[0], len(_MAGIC)
    if len(parts) == 1:
        return view
    while True:
        length, start = _number(view, at + 1, len(view), "")
        if length > len(view) - start:
            return view[:at]
        at = start + length


def _take_part(
    slot: Slot, view: memoryview, offset: int, model: "memoryview | None", at: int
) -> int:
    """Take the sections of a part that is `offset` bytes into the file, and the model behind it.

    Returns where the last section begins.
    """
    last = at
    while at < len(view):
        last = at
        number = view[at]
        if number > _SECTION_MAX:
            raise RuneError(BAD_SECTION, "number %d" % number, offset + at)
        length, start = _number(view, at + 1, len(view), "number %d" % number)
        if model is not None and length > len(view) - start:
            _take_shared(slot, number, view, start, length, offset, model)
            return last
        if length > len(view) - start:
            raise RuneError(BAD_SECTION, "number %d" % number, offset + at + 1)
        if offset and number != _CUSTOM:
            raise RuneError(BAD_SECTION, "number %d" % number, offset + at)
        _take_section(slot, number, view, start, start + length)
        at = start + length
    if model is not None:
        raise RuneError(BAD_SECTION, "runic.model", offset + at)
    return last


def _take_shared(
    slot: Slot,
    number: int,
    view: memoryview,
    start: int,
    length: int,
    offset: int,
    model: memoryview,
) -> None:
    """Take the model that the last section of a part is cut off before."""
    name, at = _text(view, start, len(view), "custom") if number == _CUSTOM else ("", start)
    if name == "runic.model":
        at = _after_padding(name, view, at, len(view))
    if name != "runic.model" or at != len(view) or length != at - start + len(model):
        raise RuneError(BAD_SECTION, name or "number %d" % number, offset + at)
    slot.models.append(model)


def _check_signature(view: memoryview, last: int) -> None:
    """Check that what trust.py took for the signature is a section, and no other one's payload."""
    from runicos.contract.signature import read as read_signature

    found = read_signature(view)
    if found is not None and found[0] != last:
        raise RuneError(BAD_SECTION, "runic.signature", found[0])


def _number(view: memoryview, at: int, end: int, where: str) -> "tuple[int, int]":
    """Read an unsigned LEB128 of 32 bits: (value, next byte)."""
    value = 0
    for shift in range(0, 35, 7):
        if at >= end:
            break
        byte = view[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value > 0xFFFFFFFF:
                break
            return value, at
    raise RuneError(BAD_SECTION, where, at)


def _extent(view: memoryview, at: int, end: int, where: str) -> "tuple[int, int]":
    """Read a length and return where what it measures starts and ends."""
    length, start = _number(view, at, end, where)
    if length > end - start:
        raise RuneError(BAD_SECTION, where, at)
    return start, start + length


def _text(view: memoryview, at: int, end: int, where: str) -> "tuple[str, int]":
    start, stop = _extent(view, at, end, where)
    try:
        return str(view[start:stop], "utf-8"), stop
    except (UnicodeError, ValueError):
        raise RuneError(BAD_SECTION, where, start)


def _take_section(slot: Slot, number: int, view: memoryview, start: int, end: int) -> None:
    if number == _MEMORY:
        _take_memory(slot, view, start, end)
    elif number == _EXPORT:
        _take_exports(slot, view, start, end)
    elif number == _CUSTOM:
        name, at = _text(view, start, end, "custom")
        _take_custom(slot, name, view, at, end)


def _take_memory(slot: Slot, view: memoryview, at: int, end: int) -> None:
    count, at = _number(view, at, end, "memory")
    if count:
        _, at = _number(view, at, end, "memory")
        slot.memory_pages, at = _number(view, at, end, "memory")


def _take_exports(slot: Slot, view: memoryview, at: int, end: int) -> None:
    count, at = _number(view, at, end, "export")
    for _ in range(count):
        name, at = _text(view, at, end, "export")
        if at >= end:
            raise RuneError(BAD_SECTION, "export", at)
        if name in ("_manifest", "_call", "memory"):
            slot.exports[name] = view[at]
        _, at = _number(view, at + 1, end, "export")


def _take_custom(slot: Slot, name: str, view: memoryview, at: int, end: int) -> None:
    if name == _MANIFEST:
        if slot.manifest is not None:
            raise RuneError(BAD_SECTION, name, at)
        slot.manifest = _manifest(view[at:end])
    elif name in _LISTS:
        if _LISTS[name]:
            at = _after_padding(name, view, at, end)
        sections = {"runic.model": slot.models, "runic.block": slot.blocks}
        sections.get(name, slot.goldens).append(view[at:end])
    elif name == ".rune_resource":
        _take_resources(slot, view, at, end)
    elif name == "runic.signature":
        from runicos.contract.signature import read as read_signature

        # At the end, and in its one form: trust.py found it there, and signed is all before.
        if end != len(view) or read_signature(view) is None:
            raise RuneError(BAD_SECTION, name, at)
    elif name.startswith("runic."):
        raise RuneError(NEWER_FORMAT, name)


def _manifest(encoded: memoryview) -> object:
    try:
        fields = loads(encoded)
    except ValueError as error:
        raise RuneError(BAD_MANIFEST, "manifest", str(error))
    return rune_manifest.parse(fields)


def _after_padding(name: str, view: memoryview, at: int, end: int) -> int:
    if at >= end or view[at] >= end - at:
        raise RuneError(BAD_SECTION, name, at)
    return at + 1 + view[at]


def _take_resources(slot: Slot, view: memoryview, at: int, end: int) -> None:
    """Read the original toolchain's resources: name and data, each after its big-endian length."""
    while at < end:
        parts = []
        for _ in range(2):
            if end - at < 4:
                raise RuneError(BAD_SECTION, ".rune_resource", at)
            length = int.from_bytes(view[at : at + 4], "big")
            if length > end - at - 4:
                raise RuneError(BAD_SECTION, ".rune_resource", at)
            parts.append(view[at + 4 : at + 4 + length])
            at += 4 + length
        try:
            slot.resources[str(parts[0], "utf-8")] = parts[1]
        except (UnicodeError, ValueError):
            raise RuneError(BAD_SECTION, ".rune_resource", at)


def _check_exports(slot: Slot) -> None:
    for name, kind in _EXPORTS:
        if slot.exports.get(name) != kind:
            raise RuneError(MISSING_EXPORT, name)


def _check_references(slot: Slot) -> None:
    """Check that every model and custom block of the manifest is there, unchanged."""
    if slot.manifest is None:
        return
    for index, model in enumerate(slot.manifest.models):
        content = _referenced("models[%d]" % index, model["section"], slot.models)
        _check_hash(model["name"], content, model["sha256"])
    for index, block in enumerate(slot.manifest.blocks):
        if "section" in block:
            content = _referenced("blocks[%d]" % index, block["section"], slot.blocks)
            _check_hash(block["name"], content, block["sha256"])


def _referenced(where: str, index: int, sections: "list[memoryview]") -> memoryview:
    if index >= len(sections):
        raise RuneError(BAD_MANIFEST, where, "section %d of %d" % (index, len(sections)))
    return sections[index]


def _check_hash(name: str, content: memoryview, expected: bytes) -> None:
    digest = sha256(content).digest()
    if digest != expected:
        raise RuneError(
            HASH_MISMATCH, "of %s %s" % (name, short_hash(digest)), short_hash(expected)
        )
