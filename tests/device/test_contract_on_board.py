"""The contract in the firmware: the same code must mean the same on both interpreters."""

import json
from pathlib import Path
from typing import Any

import cbor2

from runicos.contract import cbor, rune_manifest, wire
from runicos.contract.release_order import is_before
from tests.board import ROOT, run_ok
from tests.host.test_contract_manifest import FAULTS, good
from tests.host.test_release_order import CHAIN, NONE

SOURCES = (ROOT / "device",)


def on_board(script: str, *arguments: str | Path) -> str:
    return run_ok(script, *arguments, source_paths=SOURCES)


def test_frames_are_the_same_bytes() -> None:
    payload = bytes(range(256)) * 3
    script = """
from runicos.contract import wire
from binascii import hexlify
print(hexlify(wire.encode(wire.CHUNK, 1, 65535, bytes(range(256)) * 3)).decode())
"""
    assert on_board(script).strip() == wire.encode(wire.CHUNK, 1, 65535, payload).hex()


def test_the_board_decodes_byte_by_byte(tmp_path: Path) -> None:
    line = tmp_path / "line"
    frame = wire.encode(wire.REQUEST, 0, 7, bytes(range(256)))
    line.write_bytes(b">>> " + frame[:-4] + frame + b"text\xc0\xc1" + frame)
    script = """
import sys
from runicos.contract import wire
decoder = wire.Decoder(1024)
data = open(sys.argv[1], "rb").read()
for at in range(len(data)):
    decoder.feed(data[at:at + 1])
frame = (wire.REQUEST, 0, 7, bytes(range(256)))
print(decoder.frames == [frame, frame], decoder.take_text(), decoder.damaged)
"""
    assert on_board(script, line).strip() == "True b'>>> text' 2"


def test_the_board_reads_and_writes_cbor_as_the_host_does(tmp_path: Path) -> None:
    value = [
        0,
        23,
        24,
        2**31,
        2**63,
        -1,
        -(2**40),
        "ü",
        b"\x00\xff",
        0.5,
        None,
        True,
        {"b": 1, "aa": []},
    ]
    encoded = tmp_path / "value"
    encoded.write_bytes(cbor2.dumps(value, canonical=True))
    script = """
import sys
from runicos.contract import cbor
from binascii import hexlify
print(hexlify(cbor.dumps(cbor.loads(open(sys.argv[1], "rb").read()))).decode())
"""
    assert on_board(script, encoded).strip() == cbor.dumps(value).hex()


def broken_manifests() -> list[Any]:
    manifests = []
    for change, _ in FAULTS.values():
        manifests.append(good())
        change(manifests[-1])
    return [fields for fields in manifests if max_integer(fields) < 2**64]


def max_integer(value: Any) -> int:
    if isinstance(value, dict):
        return max([0, *map(max_integer, value.values())])
    if isinstance(value, list):
        return max([0, *map(max_integer, value)])
    return value if isinstance(value, int) else 0


def test_both_sides_find_the_same_fault_in_a_manifest(tmp_path: Path) -> None:
    broken = broken_manifests()
    encoded = tmp_path / "manifests"
    encoded.write_bytes(cbor2.dumps([cbor2.dumps(fields) for fields in [good(), *broken]]))
    script = """
import sys, json
from runicos.contract import cbor, rune_manifest
from runicos.contract.errors import RuneError
found = []
for raw in cbor.loads(open(sys.argv[1], "rb").read()):
    try:
        found.append(rune_manifest.parse(cbor.loads(raw)).name)
    except RuneError as error:
        found.append([error.code, error.arguments[0]])
print(json.dumps(found))
"""
    assert json.loads(on_board(script, encoded)) == ["sine", *map(host_fault, broken)]


def host_fault(fields: Any) -> list[object]:
    try:
        rune_manifest.parse(fields)
    except rune_manifest.RuneError as error:
        return [error.code, error.arguments[0]]
    raise AssertionError("not broken")


def test_the_board_orders_releases_as_the_host_does(tmp_path: Path) -> None:
    texts = [*CHAIN, *NONE]
    (tmp_path / "texts").write_text(json.dumps(texts))
    script = """
import json, sys
from runicos.contract.release_order import is_before
texts = json.load(open(sys.argv[1]))
print(json.dumps([[is_before(one, other) for other in texts] for one in texts]))
"""
    expected = [[is_before(one, other) for other in texts] for one in texts]
    assert json.loads(on_board(script, tmp_path / "texts")) == expected
