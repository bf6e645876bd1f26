"""The hostile Runes of `runes/`: what each is, and where and how a board must stop it.

A file is WebAssembly text, one behaviour each, named for it. Its head says, after a sentence:

    as: block | rune | original   a custom block, a Rune's own module, or one without a manifest
    expect: STEP CODE TEXT        what stops it: STEP is `cast`, `start` or `call N`, CODE one
                                  of contract/errors.py, TEXT part of what it says: `THIS|THAT`
    expect: runs N                nothing: what it does hurts nobody, N times
    manifest:, block:             JSON, fields of the manifest, or of the block's record in it
    asks: yes                     its manifest declares RAND and SERIAL and stages for them
    replace: BYTES -> BYTES       in the assembled module: what no assembler would write
    file: ADDRESS PATH            data of the repository's Runes; {file_bytes} is how many
    resource: NAME                it has a resource of that name

`{1000*TEXT}` in a file is TEXT a thousand times, `#` in it the number of each.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cbor2
from wasmtime import wat2wasm

from runicd.runefile.build import build
from tests.device import runes

_FOLDER = Path(__file__).with_name("runes")
_HEAD = re.compile(r"^;; (\w+): (.*)$", re.MULTILINE)
_REPEATED = re.compile(r"\{(\d+)\*([^{}]*)\}")
NAME = "hostile"
# One states no release: on a board it would be older than what has one.
_ORIGINAL_NAME = "original"
_ASKS: dict[str, Any] = {
    "tensors": [{"type": "u8", "dims": [4], "bytes": 4, "offset": 0}],
    "arena_bytes": 16,
    "capabilities": [{"name": "random", "kind": "RAND", "params": {}, "tensor": 0}],
    "outputs": [{"name": "serial", "kind": "SERIAL", "inputs": [0], "bytes": 200}],
    "stages": [["capability", 0], ["output", 0]],
}
# Endless loops are to end soon; those of original Runes do after the board's own limit.
CALL_MS = 200
_RUNEFILE = """\
version: 1
image: runicos/base
pipeline:
  random: {capability: RAND, args: {amount: 1}, outputs: [{type: u32, dimensions: [1, 1]}]}
  mine:
    proc-block: ./block.wasm
    inputs: [random]
    outputs: [{type: f32, dimensions: [1, 2]}]
  serial: {out: serial, inputs: [mine]}
"""
_TAME = """(module (memory (export "memory") 1)
  (global (export "__heap_base") i32 (i32.const 64))
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.const 0)))"""


@dataclass(frozen=True, slots=True, eq=False)
class Hostile:
    """One file: its name, its text, what its head says."""

    name: str
    text: str
    head: dict[str, str]

    @property
    def rune(self) -> str:
        """Return the name that its Rune has on a board."""
        return _ORIGINAL_NAME if self.head["as"] == "original" else NAME

    @property
    def step(self) -> str:
        """Return where it is stopped: `cast`, `start`, `call` or `runs`."""
        return self.head["expect"].split()[0]

    @property
    def calls(self) -> int:
        """Return which call it is that does not go well; of `runs`, how many do."""
        counts = self.step in {"call", "runs"}
        return int(self.head["expect"].split()[1]) if counts else 0

    @property
    def stopped_by(self) -> tuple[str, str]:
        """Return the name of the error, and a part of what it says."""
        words = self.head["expect"].split(" ", 2 if self.calls else 1)[-1]
        code, _, text = words.partition(" ")
        return code, text


@cache
def read_all() -> list[Hostile]:
    """Return all of them, by name."""
    return [_read(path) for path in sorted(_FOLDER.glob("*.wat"))]


def _read(path: Path) -> Hostile:
    text = path.read_text()
    return Hostile(path.stem, text, dict(_HEAD.findall(text)))


@cache
def rune_bytes(hostile: Hostile) -> bytes:
    """Return the file that is cast."""
    wasm = _assembled(hostile)
    if hostile.head["as"] == "block":
        return _with_block(_tame(), wasm, _json(hostile, "block"))
    if hostile.head["as"] == "rune":
        asks = _ASKS if "asks" in hostile.head else {}
        bare = runes.bare_manifest(NAME, limits={"call_ms": CALL_MS})
        fields = bare | asks | _json(hostile, "manifest")
        return wasm + runes.custom("runic.manifest", cbor2.dumps(fields, canonical=True))
    return wasm + _resource(hostile)


def _json(hostile: Hostile, key: str) -> dict[str, Any]:
    given = json.loads(_expanded(hostile.head.get(key, "{}")))
    if "sha256" in given:
        given["sha256"] = bytes.fromhex(given["sha256"]).ljust(32)
    return dict(given)


def _expanded(text: str) -> str:
    def repeated(found: re.Match[str]) -> str:
        return "".join(found[2].replace("#", str(at)) for at in range(int(found[1])))

    return _REPEATED.sub(repeated, text)


def _assembled(hostile: Hostile) -> bytes:
    text = _expanded(_HEAD.sub("", hostile.text))
    if "file" in hostile.head:
        address, path = hostile.head["file"].split()
        content = (runes.RUNES / path).read_bytes()
        escaped = "".join(f"\\{byte:02x}" for byte in content)
        text = text.replace("{file_bytes}", str(len(content))).rstrip().removesuffix(")")
        text += f'(data (i32.const {address}) "{escaped}"))'
    wasm = bytes(wat2wasm(text))
    if "replace" not in hostile.head:
        return wasm
    old, new = map(bytes.fromhex, hostile.head["replace"].split("->"))
    assert len(old) == len(new), hostile.name
    assert wasm.count(old) == 1, hostile.name
    return wasm.replace(old, new)


def _resource(hostile: Hostile) -> bytes:
    if "resource" not in hostile.head:
        return b""
    name, content = hostile.head["resource"].encode(), b"what it says"
    payload = len(name).to_bytes(4, "big") + name + len(content).to_bytes(4, "big") + content
    return runes.custom(".rune_resource", payload)


@cache
def _tame() -> bytes:
    """Return a Rune with a custom block that does nothing, as runicd builds it."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "block.wasm").write_bytes(bytes(wat2wasm(_TAME)))
        (folder / "Runefile").write_text(_RUNEFILE)
        return build(folder / "Runefile", name=NAME).data


def _with_block(rune: bytes, wasm: bytes, changes: dict[str, Any]) -> bytes:
    """Return a Rune whose custom block is another one, which its manifest describes."""
    (block,) = runes.manifest_of(rune)["blocks"]
    changed = block | {"sha256": runes.digest(wasm)} | changes
    rune = runes.with_manifest(rune, blocks=[changed], limits={"call_ms": CALL_MS})
    for padding in range(8):
        made = runes.with_section(rune, "runic.block", bytes([padding]) + bytes(padding) + wasm)
        if made.index(wasm) % 4 == 0:
            return made
    raise AssertionError("one of 8 paddings aligns")
