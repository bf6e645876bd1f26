"""Reads the outline of a WebAssembly 1.0 module: sections, imports, exports, memory, globals.

Every length is checked against what is there; code is not looked at (`wasmtime` and the board's
wasm3 do that). Raises RuneFormatError that names the byte.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from runicd.errors import RuneFormatError

MAGIC = b"\0asm\1\0\0\0"
_VALUE_TYPES = {
    0x7F: "i32",
    0x7E: "i64",
    0x7D: "f32",
    0x7C: "f64",
    0x70: "funcref",
    0x6F: "externref",
}
_SECTION_NAMES = (
    "custom", "type", "import", "function", "table", "memory", "global", "export", "start",
    "element", "code", "data", "data count",
)  # fmt: skip
_EXTERNAL_KINDS = ("func", "table", "memory", "global")
_SECTION_ORDER = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7, 8: 8, 9: 9, 12: 10, 10: 11, 11: 12}
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its payload is `data[start:end]` of the module; `offset` is its first byte."""

    id: int
    name: str
    offset: int
    start: int
    end: int

    @property
    def bytes(self) -> int:
        """Size with its head."""
        return self.end - self.offset


@dataclass(frozen=True, slots=True)
class Signature:
    """A function's type."""

    params: tuple[str, ...]
    results: tuple[str, ...]

    def __str__(self) -> str:
        """Write as `(i32, i32) -> i32`."""
        return f"({', '.join(self.params)}) -> {', '.join(self.results) or '()'}"


@dataclass(frozen=True, slots=True)
class Import:
    """One import; `signature` is None for what is not a function."""

    module: str
    name: str
    kind: str
    signature: Signature | None


@dataclass(frozen=True, slots=True)
class Export:
    """One export; `value` is a global's constant where it has one."""

    name: str
    kind: str
    signature: Signature | None = None
    value: int | None = None


@dataclass(frozen=True, slots=True)
class WasmModule:
    """The outline of a module. `memory_pages` is the declared minimum, None without a memory."""

    data: bytes
    sections: tuple[Section, ...]
    imports: tuple[Import, ...]
    exports: tuple[Export, ...]
    memory_pages: int | None
    function_count: int
    has_start: bool

    def payload(self, section: Section) -> bytes:
        """Return a section's content, for a custom one without its name."""
        return self.data[section.start : section.end]

    def custom(self, name: str) -> list[bytes]:
        """Return the payloads of all custom sections of that name, in order."""
        return [
            self.payload(section)
            for section in self.sections
            if section.id == 0 and section.name == name
        ]

    def export(self, name: str) -> Export | None:
        """Return an export, or None."""
        return next((export for export in self.exports if export.name == name), None)


class Reader:
    """A cursor over bytes that never passes `end`."""

    def __init__(self, data: bytes, at: int, end: int, what: str) -> None:
        self.data = data
        self.at = at
        self.end = end
        self.what = what

    def fail(self, reason: str) -> RuneFormatError:
        """Return the error to raise for what stands here."""
        return RuneFormatError(
            f"{self.what}: {reason} at byte {self.at}",
            remedy="the file is damaged; build it again",
        )

    def byte(self) -> int:
        """Take one byte."""
        if self.at >= self.end:
            raise self.fail("cut off")
        self.at += 1
        return self.data[self.at - 1]

    def take(self, length: int) -> bytes:
        """Take some bytes."""
        if length > self.end - self.at:
            raise self.fail(f"{length} bytes are announced and {self.end - self.at} are left")
        self.at += length
        return self.data[self.at - length : self.at]

    def unsigned(self) -> int:
        """Take an unsigned LEB128 number of 32 bits."""
        number = 0
        for shift in range(0, 35, 7):
            byte = self.byte()
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                if number >> 32:
                    break
                return number
        raise self.fail("a number is larger than 32 bits")

    def signed(self, bits: int) -> int:
        """Take a signed LEB128 number."""
        number = 0
        for shift in range(0, bits + 6, 7):
            byte = self.byte()
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number - (1 << (shift + 7)) if byte & 0x40 else number
        raise self.fail(f"a number is larger than {bits} bits")

    def text(self) -> str:
        """Take a name."""
        raw = self.take(self.unsigned())
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise self.fail("a name is not UTF-8") from None

    def vector(self, item: Callable[[], _Item]) -> list[_Item]:
        """Take a counted list; a count beyond what the bytes could hold is refused at once."""
        count = self.unsigned()
        if count > self.end - self.at:
            raise self.fail(f"{count} items are announced and {self.end - self.at} bytes are left")
        return [item() for _ in range(count)]


def split_sections(data: bytes) -> tuple[Section, ...]:
    """Return a module's sections. Raises RuneFormatError when it is no wasm or is cut off."""
    if data[:8] != MAGIC:
        what = "is cut off" if MAGIC.startswith(data[:8]) else "is no WebAssembly 1.0 module"
        raise RuneFormatError(f"the file {what}", remedy="name a .rune made by `runicd build`")
    reader = Reader(data, 8, len(data), "section head")
    sections = []
    previous = 0
    while reader.at < len(data):
        section = _section(reader)
        place = _SECTION_ORDER.get(section.id, 0)
        if place and place <= previous:
            raise RuneFormatError(
                f'section "{section.name}" at byte {section.offset} is out of order'
            )
        previous = place or previous
        sections.append(section)
    return tuple(sections)


def _section(reader: Reader) -> Section:
    offset = reader.at
    id_ = reader.byte()
    if id_ >= len(_SECTION_NAMES):
        reader.at = offset
        raise reader.fail(f"there is no section {id_}")
    length = reader.unsigned()
    if length > reader.end - reader.at:
        raise reader.fail(
            f"a section of {length} bytes is announced and {reader.end - reader.at} are left"
        )
    start, end = reader.at, reader.at + length
    name = _SECTION_NAMES[id_]
    if id_ == 0:
        inner = Reader(reader.data, start, end, "custom section")
        name = inner.text()
        start = inner.at
    reader.at = end
    return Section(id_, name, offset, start, end)


class _Outline:
    """Collects what the known sections say."""

    def __init__(self, data: bytes, sections: tuple[Section, ...]) -> None:
        self.types: list[Signature] = []
        self.imports: list[Import] = []
        self.functions: list[Signature] = []
        self.globals: list[int | None] = []
        self.exports: list[Export] = []
        self.memory_pages: int | None = None
        self.has_start = False
        self.declared = 0
        handlers = {
            1: self._types,
            2: self._imports,
            3: self._functions,
            5: self._memory,
            6: self._globals,
            7: self._exports,
        }
        for section in sections:
            self.has_start = self.has_start or section.id == 8
            handler = handlers.get(section.id)
            if handler is not None:
                reader = Reader(data, section.start, section.end, f"{section.name} section")
                handler(reader)
                if reader.at != reader.end:
                    raise reader.fail("something is left over")

    def _value_type(self, reader: Reader) -> str:
        code = reader.byte()
        if code not in _VALUE_TYPES:
            raise reader.fail(f"0x{code:02x} is no value type")
        return _VALUE_TYPES[code]

    def _types(self, reader: Reader) -> None:
        def signature() -> Signature:
            if reader.byte() != 0x60:
                raise reader.fail("this is no function type")
            params = tuple(reader.vector(lambda: self._value_type(reader)))
            return Signature(params, tuple(reader.vector(lambda: self._value_type(reader))))

        self.types = reader.vector(signature)

    def _signature(self, reader: Reader) -> Signature:
        index = reader.unsigned()
        if index >= len(self.types):
            raise reader.fail(f"there is no type {index}")
        return self.types[index]

    def _limits(self, reader: Reader) -> int:
        flag = reader.byte()
        if flag > 1:
            raise reader.fail(f"0x{flag:02x} is no kind of limit")
        minimum = reader.unsigned()
        if flag == 1:
            reader.unsigned()
        return minimum

    def _imports(self, reader: Reader) -> None:
        self.imports = reader.vector(lambda: self._import(reader))

    def _import(self, reader: Reader) -> Import:
        module, name, code = reader.text(), reader.text(), reader.byte()
        if code >= len(_EXTERNAL_KINDS):
            raise reader.fail(f"0x{code:02x} is no kind of import")
        signature = None
        if code == 0:
            signature = self._signature(reader)
            self.functions.append(signature)
        elif code == 1:
            self._value_type(reader)
            self._limits(reader)
        elif code == 2:
            self.memory_pages = self._limits(reader)
        else:
            self._value_type(reader)
            reader.byte()
            self.globals.append(None)
        return Import(module, name, _EXTERNAL_KINDS[code], signature)

    def _functions(self, reader: Reader) -> None:
        own = reader.vector(lambda: self._signature(reader))
        self.declared = len(own)
        self.functions.extend(own)

    def _memory(self, reader: Reader) -> None:
        pages = reader.vector(lambda: self._limits(reader))
        if len(pages) > 1 or (pages and self.memory_pages is not None):
            raise reader.fail("there is more than one memory")
        self.memory_pages = pages[0] if pages else self.memory_pages

    def _globals(self, reader: Reader) -> None:
        self.globals.extend(reader.vector(lambda: self._global(reader)))

    def _global(self, reader: Reader) -> int | None:
        """Read one global; its value when it is a plain i32 or i64 constant."""
        self._value_type(reader)
        reader.byte()
        opcode = reader.byte()
        value: int | None = None
        if opcode in {0x41, 0x42}:
            value = reader.signed(32 if opcode == 0x41 else 64)
        elif opcode in {0x43, 0x44}:
            reader.take(4 if opcode == 0x43 else 8)
        elif opcode == 0x23:
            reader.unsigned()
        else:
            raise reader.fail(f"opcode 0x{opcode:02x} in a constant")
        if reader.byte() != 0x0B:
            raise reader.fail("a constant does not end")
        return value

    def _exports(self, reader: Reader) -> None:
        self.exports = reader.vector(lambda: self._export(reader))

    def _export(self, reader: Reader) -> Export:
        name, code, index = reader.text(), reader.byte(), reader.unsigned()
        if code >= len(_EXTERNAL_KINDS):
            raise reader.fail(f"0x{code:02x} is no kind of export")
        kind = _EXTERNAL_KINDS[code]
        counts = {"func": len(self.functions), "global": len(self.globals)}
        if index >= counts.get(kind, index + 1):
            raise reader.fail(f'export "{name}" names {kind} {index}, which there is not')
        if kind == "func":
            return Export(name, kind, signature=self.functions[index])
        return Export(name, kind, value=self.globals[index] if kind == "global" else None)


def read_module(data: bytes) -> WasmModule:
    """Return the outline of a module. Raises RuneFormatError."""
    sections = split_sections(data)
    outline = _Outline(data, sections)
    return WasmModule(
        data,
        sections,
        tuple(outline.imports),
        tuple(outline.exports),
        outline.memory_pages,
        outline.declared,
        outline.has_start,
    )
