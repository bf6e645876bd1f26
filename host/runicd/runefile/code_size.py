"""The most that wasm3 takes on a board for a custom block's module, besides its memory and stack.

wasm3 keeps a record for each function, type and global and compiles the code into pages. How much
the code grows depends on its instructions; the factor is that of the worst that was measured,
calls one after the other. Ordinary C takes half of it.
"""

from __future__ import annotations

from runicd.runefile.wasm_module import Reader, WasmModule, read_module

_ELEMENT_BYTES = 8
_TYPE_BYTES = 96
_FUNCTION_BYTES = 160
_GLOBAL_BYTES = 80
_CODE_FACTOR = 13
_CODE_PAGE_BYTES = 1056
_TYPES, _FUNCTIONS, _GLOBALS, _ELEMENTS, _CODE = 1, 3, 6, 9, 10


def code_bytes(data: bytes) -> int:
    """Return that bound for a module. Raises RuneFormatError for bytes that are none."""
    module = read_module(data)
    total = _CODE_PAGE_BYTES + _TYPE_BYTES * _count(module, _TYPES)
    total += _FUNCTION_BYTES * _count(module, _FUNCTIONS)
    total += _GLOBAL_BYTES * _count(module, _GLOBALS)
    total += _ELEMENT_BYTES * _payload_bytes(module, _ELEMENTS)
    return total + _CODE_FACTOR * _payload_bytes(module, _CODE)


def _count(module: WasmModule, section_id: int) -> int:
    """Return how many entries a section says it has."""
    for one in module.sections:
        if one.id == section_id:
            return Reader(module.data, one.start, one.end, "a section").unsigned()
    return 0


def _payload_bytes(module: WasmModule, section_id: int) -> int:
    return sum(len(module.payload(one)) for one in module.sections if one.id == section_id)
