"""What boards take of WebAssembly: version 1.0 with sign extension, within limits.

The board's own validator (`native_modules/wasm3/wasm_validate.c`, limits `wasm3.RUNE`) decides;
this finds out beforehand, and names what is too much. It expects a module that is valid.
"""

from __future__ import annotations

from runicd.errors import RuneFormatError
from runicd.runefile.wasm_module import Reader, WasmModule

MAX_FUNCTIONS = 256
MAX_IMPORTS = 32
MAX_EXPORTS = 64
MAX_TYPES = 128
MAX_GLOBALS = 256
MAX_PARAMETERS = 64
MAX_TABLE_ELEMENTS = 4096
MAX_BODY_BYTES = 8192
MAX_LOCALS = 128
MAX_NESTING = 24
MAX_BRANCH_TARGETS = 64

_TYPE, _IMPORT, _TABLE, _GLOBAL, _EXPORT, _CODE = 1, 2, 4, 6, 7, 10
_BLOCK, _LOOP, _IF, _END = 0x02, 0x03, 0x04, 0x0B
_BR_TABLE, _CALL_INDIRECT = 0x0E, 0x11
_INDEXED = frozenset({0x0C, 0x0D, 0x10, *range(0x20, 0x25)})
_PLAIN = frozenset({0x00, 0x01, 0x05, 0x0F, 0x1A, 0x1B, *range(0x45, 0xC5)})
_CONSTANT_BYTES = {0x43: 4, 0x44: 8}
_NEWER = {
    0x12: "tail calls",
    0x13: "tail calls",
    0x1C: "reference types",
    0x25: "reference types",
    0x26: "reference types",
    0xD0: "reference types",
    0xD1: "reference types",
    0xD2: "reference types",
    0xFD: "vectors",
    0xFE: "threads",
}
_FIRST_BULK = 8
_REMEDY = "compile it for WebAssembly 1.0 with sign extension (clang: -mcpu=mvp -msign-ext)"


def check_profile(module: WasmModule) -> None:
    """Raise RuneFormatError for the first thing in a valid module that boards do not take."""
    _check_counts(module)
    checks = {_TYPE: _check_type, _TABLE: _check_table, _CODE: _check_body}
    for section in module.sections:
        if section.id in checks:
            reader = Reader(module.data, section.start, section.end, f"{section.name} section")
            for number in range(reader.unsigned()):
                checks[section.id](reader, number)


def _too_many(what: str, count: int, most: int) -> RuneFormatError:
    return RuneFormatError(f"{count} {what}, and boards take {most}", remedy="make it smaller")


def _check_counts(module: WasmModule) -> None:
    if module.has_start:
        raise RuneFormatError("a start function", remedy="do in `transform` what it does")
    most = {
        _TYPE: ("types", MAX_TYPES),
        _IMPORT: ("imports", MAX_IMPORTS),
        _GLOBAL: ("globals", MAX_GLOBALS),
        _EXPORT: ("exports", MAX_EXPORTS),
    }
    if module.function_count > MAX_FUNCTIONS:
        raise _too_many("functions", module.function_count, MAX_FUNCTIONS)
    for section in module.sections:
        if section.id in most:
            what, limit = most[section.id]
            count = Reader(module.data, section.start, section.end, section.name).unsigned()
            if count > limit:
                raise _too_many(what, count, limit)


def _check_type(reader: Reader, number: int) -> None:
    reader.byte()
    parameters = len(reader.take(reader.unsigned()))
    results = len(reader.take(reader.unsigned()))
    if parameters > MAX_PARAMETERS:
        raise _too_many(f"parameters in type {number}", parameters, MAX_PARAMETERS)
    if results > 1:
        raise _newer("several results", f"type {number}", reader)


def _check_table(reader: Reader, _: int) -> None:
    reader.byte()
    reader.byte()
    elements = reader.unsigned()
    if elements > MAX_TABLE_ELEMENTS:
        raise _too_many("elements in a table", elements, MAX_TABLE_ELEMENTS)


def _check_body(reader: Reader, number: int) -> None:
    length = reader.unsigned()
    what = f"function {number} of the code"
    if length > MAX_BODY_BYTES:
        raise _too_many(f"bytes in {what}", length, MAX_BODY_BYTES)
    end = reader.at + length
    local_count = sum(_locals(reader) for _ in range(reader.unsigned()))
    if local_count > MAX_LOCALS:
        raise _too_many(f"locals in {what}", local_count, MAX_LOCALS)
    depth = 0
    while reader.at < end:
        depth += _instruction(reader, what)
        if depth > MAX_NESTING:
            raise _too_many(f"blocks inside each other in {what}", depth, MAX_NESTING)


def _locals(reader: Reader) -> int:
    count = reader.unsigned()
    reader.byte()
    return count


def _instruction(reader: Reader, what: str) -> int:
    """Step over one instruction; how many blocks it opens, -1 for one that it closes."""
    opcode = reader.byte()
    if opcode in {_BLOCK, _LOOP, _IF}:
        if reader.byte() < 0x40:
            raise _newer("several results", what, reader)
        return 1
    if opcode == _END:
        return -1
    if opcode == _BR_TABLE:
        targets = len(reader.vector(reader.unsigned))
        reader.unsigned()
        if targets > MAX_BRANCH_TARGETS:
            raise _too_many(f"targets of a br_table in {what}", targets, MAX_BRANCH_TARGETS)
    else:
        _immediates(reader, opcode, what)
    return 0


def _immediates(reader: Reader, opcode: int, what: str) -> None:
    if opcode in _INDEXED:
        reader.unsigned()
    elif opcode == _CALL_INDIRECT or 0x28 <= opcode <= 0x3E:
        reader.unsigned()
        reader.unsigned()
    elif opcode in {0x3F, 0x40}:
        reader.byte()
    elif opcode in {0x41, 0x42}:
        reader.signed(32 if opcode == 0x41 else 64)
    elif opcode in _CONSTANT_BYTES:
        reader.take(_CONSTANT_BYTES[opcode])
    elif opcode == 0xFC:
        is_bulk = reader.unsigned() >= _FIRST_BULK
        raise _newer("bulk memory" if is_bulk else "saturating conversions", what, reader)
    elif opcode not in _PLAIN:
        raise _newer(_NEWER.get(opcode, f"opcode 0x{opcode:02x}"), what, reader)


def _newer(feature: str, what: str, reader: Reader) -> RuneFormatError:
    return RuneFormatError(
        f"{what} uses {feature} (before byte {reader.at}), which boards do not take",
        remedy=_REMEDY,
    )
