"""Emits a Rune's WebAssembly directly: `_manifest`, `_call`, their imports and their constants.

`_manifest` asks the host for everything, in the order that fixes the ids; `_call` is one host
call, since capabilities, stock blocks, models and outputs all run natively.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

from runicd.runefile.capabilities import CAPABILITIES, OUTPUTS
from runicd.runefile.typed import TypedPipeline
from runicd.runefile.wasm_module import MAGIC

I32 = 0x7F
_FUNCTION_TYPE = 0x60
_CALL, _DROP, _CONST, _END = 0x10, 0x1A, 0x41, 0x0B
_LOCAL_GET, _LOCAL_SET = 0x20, 0x21
_TYPE_I32, _TYPE_F32 = 1, 2
"""Types of a capability's parameter, as request_capability_set_param knows them."""

_IMPORTS: tuple[tuple[str, str, int], ...] = (
    ("env", "request_capability", 1),
    ("env", "request_capability_set_param", 6),
    ("env", "request_output", 1),
    ("runic", "model_open", 1),
    ("runic", "run", 2),
)
"""Module, name, number of i32 parameters; all return an i32."""


def unsigned(number: int) -> bytes:
    """Encode unsigned LEB128."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def signed(number: int) -> bytes:
    """Encode signed LEB128."""
    out = bytearray()
    while not -0x40 <= number < 0x40:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number & 0x7F)
    return bytes(out)


def counted(items: Sequence[bytes]) -> bytes:
    """Encode a vector."""
    return unsigned(len(items)) + b"".join(items)


def text(name: str) -> bytes:
    """Encode a name."""
    raw = name.encode()
    return unsigned(len(raw)) + raw


def section(id_: int, payload: bytes) -> bytes:
    """Encode a section."""
    return bytes([id_]) + unsigned(len(payload)) + payload


def custom_section(name: str, payload: bytes) -> bytes:
    """Encode a custom section."""
    return section(0, text(name) + payload)


class _Constants:
    """The data segment: each text or value once, values aligned to four bytes."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.places: dict[bytes, int] = {}

    def add(self, content: bytes, alignment: int = 1) -> int:
        """Return the address of some bytes, which are put there when they are new."""
        if content not in self.places or self.places[content] % alignment:
            self.data.extend(bytes(-len(self.data) % alignment))
            self.places[content] = len(self.data)
            self.data.extend(content)
        return self.places[content]


def emit(pipeline: TypedPipeline) -> tuple[bytes, int]:
    """Return the module without custom sections, and the bytes of linear memory that it uses."""
    constants = _Constants()
    used = _used_imports(pipeline)
    index_of = {name: index for index, (_, name, _) in enumerate(used)}
    bodies = [_manifest_body(pipeline, constants, index_of), _call_body(pipeline, index_of)]
    arities = sorted({count for _, _, count in used} | {0, 3})
    types = [
        bytes([_FUNCTION_TYPE]) + counted([bytes([I32])] * count) + counted([bytes([I32])])
        for count in arities
    ]
    imports = [
        text(module) + text(name) + b"\0" + unsigned(arities.index(count))
        for module, name, count in used
    ]
    exports = [
        text("memory") + b"\2\0",
        text("_manifest") + b"\0" + unsigned(len(used)),
        text("_call") + b"\0" + unsigned(len(used) + 1),
    ]
    parts = [
        MAGIC,
        section(1, counted(types)),
        section(2, counted(imports)),
        section(3, counted([unsigned(arities.index(0)), unsigned(arities.index(3))])),
        section(5, counted([b"\0\1"])),
        section(7, counted(exports)),
        section(10, counted([unsigned(len(body)) + body for body in bodies])),
    ]
    if constants.data:
        segment = (
            b"\0" + bytes([_CONST]) + signed(0) + bytes([_END]) + unsigned(len(constants.data))
        )
        parts.append(section(11, counted([segment + bytes(constants.data)])))
    return b"".join(parts), max(64, -(-len(constants.data) // 16) * 16)


def _used_imports(pipeline: TypedPipeline) -> list[tuple[str, str, int]]:
    """Return only those imports that this Rune calls: it should not be granted more."""
    wanted = {"run"}
    for stage in pipeline.stages:
        if stage.kind == "capability":
            wanted.add("request_capability")
            wanted |= {"request_capability_set_param"} if stage.args else set()
        elif stage.kind == "model":
            wanted.add("model_open")
        elif stage.kind == "output":
            wanted.add("request_output")
    return [entry for entry in _IMPORTS if entry[1] in wanted]


def _const(number: int) -> bytes:
    return bytes([_CONST]) + signed(number)


def _body(instructions: Iterable[bytes], local_count: int = 0) -> bytes:
    locals_ = counted([unsigned(local_count) + bytes([I32])]) if local_count else counted([])
    return locals_ + b"".join(instructions) + bytes([_END])


def _manifest_body(
    pipeline: TypedPipeline, constants: _Constants, index_of: dict[str, int]
) -> bytes:
    out: list[bytes] = []

    def call(name: str) -> bytes:
        return bytes([_CALL]) + unsigned(index_of[name])

    for stage in pipeline.of_kind("capability"):
        out += [_const(CAPABILITIES[stage.what].code), call("request_capability")]
        out.append(bytes([_LOCAL_SET, 0]) if stage.args else bytes([_DROP]))
        for key, value in stage.args.items():
            address = constants.add(key.encode())
            kind, encoded = _encode_value(value)
            out += [bytes([_LOCAL_GET, 0]), _const(address), _const(len(key.encode()))]
            out += [_const(constants.add(encoded, 4)), _const(len(encoded)), _const(kind)]
            out += [call("request_capability_set_param"), bytes([_DROP])]
    for index, _ in enumerate(pipeline.of_kind("model")):
        out += [_const(index), call("model_open"), bytes([_DROP])]
    for stage in pipeline.of_kind("output"):
        out += [_const(OUTPUTS[stage.what]), call("request_output"), bytes([_DROP])]
    return _body([*out, _const(1)], 1)


def _encode_value(value: float | str) -> tuple[int, bytes]:
    if isinstance(value, int):
        return _TYPE_I32, struct.pack("<i", value)
    return _TYPE_F32, struct.pack("<f", float(value))


def _call_body(pipeline: TypedPipeline, index_of: dict[str, int]) -> bytes:
    run = bytes([_CALL]) + unsigned(index_of["run"])
    return _body([_const(0), _const(len(pipeline.stages)), run])
