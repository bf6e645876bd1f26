"""Runes for the board's tests: the repository's own, and ones built from scratch."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import cbor2
from wasmtime import wat2wasm

from runicd.runefile.build import build
from runicos.contract import signature
from tests.board import ROOT
from tests.signing import signed

RUNES = ROOT / "runes"
MAGIC = b"\0asm\1\0\0\0"


@cache
def stock(name: str) -> bytes:
    """One of the repository's Runes, built."""
    return signed(build(RUNES / name, unsigned=True).data)


def sample(name: str, file: str) -> Path:
    return RUNES / name / "samples" / file


def leb(number: int) -> bytes:
    out = b""
    while True:
        number, byte = number >> 7, number & 0x7F
        out += bytes([byte | (0x80 if number else 0)])
        if not number:
            return out


def custom(name: str, payload: bytes) -> bytes:
    """A custom section."""
    content = leb(len(name)) + name.encode() + payload
    return b"\0" + leb(len(content)) + content


def sections(data: bytes) -> list[tuple[int, str, bytes]]:
    """(id, custom name, whole section) of each section."""
    found = []
    at = len(MAGIC)
    while at < len(data):
        start, number = at, data[at]
        length, at = read_leb(data, at + 1)
        name = ""
        if number == 0:
            size, name_at = read_leb(data, at)
            name = data[name_at : name_at + size].decode()
        at += length
        found.append((number, name, data[start:at]))
    return found


def read_leb(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def manifest_of(data: bytes) -> dict[str, Any]:
    """The decoded manifest of a Rune."""
    for _, name, whole in sections(data):
        if name == "runic.manifest":
            return cbor2.loads(whole[whole.index(b"runic.manifest") + len("runic.manifest") :])
    raise ValueError("no manifest")


def with_section(data: bytes, name: str, payload: bytes | None) -> bytes:
    """The Rune with one custom section replaced in its place, or left out; models stay aligned."""
    out = MAGIC
    for _, other, whole in sections(data):
        if other == name:
            out += b"" if payload is None else custom(name, payload)
        elif other == "runic.model":
            out += aligned_model(whole, len(out))
        elif other != signature.NAME:
            out += whole
    return signed(out)


def aligned_model(whole: bytes, offset: int) -> bytes:
    """A model's section with the padding that it needs at another offset."""
    start = whole.index(b"runic.model") + len("runic.model")
    model = whole[start + 1 + whole[start] :]
    for padding in range(16):
        section = custom("runic.model", bytes([padding]) + bytes(padding) + model)
        if (offset + len(section) - len(model)) % 16 == 0:
            return section
    raise AssertionError("one of 16 paddings aligns")


def with_manifest(data: bytes, **changes: Any) -> bytes:
    """The Rune with fields of its manifest changed."""
    fields = manifest_of(data) | changes
    return with_section(data, "runic.manifest", cbor2.dumps(fields, canonical=True))


def bare_manifest(name: str, **changes: Any) -> dict[str, Any]:
    """A manifest of a Rune that has no stages."""
    return {
        "format": 1,
        "name": name,
        "release": "0.1.0",
        "abi": "0.11",
        "rounding": "tflm-double",
        "period_ms": 0,
        "tensors": [],
        "arena_bytes": 0,
        "capabilities": [],
        "blocks": [],
        "models": [],
        "outputs": [],
        "stages": [],
        "resources": [],
        "wasm": {"memory_bytes": 256, "stack_bytes": 2048},
        "limits": {},
    } | changes


EMPTY_MANIFEST = '(func (export "_manifest") (result i32) (i32.const 1))'
EMPTY_CALL = '(func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0))'


def assembled(name: str, text: str, **changes: Any) -> bytes:
    """A Rune from wasm text and the fields of its manifest; `original`: without that, unsigned."""
    module = bytes(wat2wasm(f'(module {text} (memory (export "memory") 1))'))
    if changes.pop("original", False):
        return module
    manifest = bare_manifest(name, **changes)
    return signed(module + custom("runic.manifest", cbor2.dumps(manifest, canonical=True)))


def digest(data: bytes) -> bytes:
    return sha256(data).digest()
