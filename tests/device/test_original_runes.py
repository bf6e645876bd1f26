"""Runes of the original toolchain: everything from `env`, models in linear memory, no manifest."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runicos.check import ORIGINAL_OVERHEAD_BYTES
from runicos.contract import errors
from runicos.contract.admission import SERVICE_BYTES
from tests.device import runes
from tests.device.runes import EMPTY_CALL, EMPTY_MANIFEST, assembled
from tests.device.sim_board import BoardError, Client, SimBoard

MODEL = (runes.RUNES / "sine" / "sine_float.tflite").read_bytes()
PAGE = 65536


def data(address: int, content: bytes) -> str:
    escaped = "".join(f"\\{byte:02x}" for byte in content)
    return f'(data (i32.const {address}) "{escaped}")'


IMPORTS = """
(import "env" "_debug" (func $debug (param i32 i32) (result i32)))
(import "env" "request_capability" (func $capability (param i32) (result i32)))
(import "env" "request_capability_set_param"
  (func $set (param i32 i32 i32 i32 i32 i32) (result i32)))
(import "env" "request_provider_response" (func $read (param i32 i32 i32) (result i32)))
(import "env" "request_output" (func $output (param i32) (result i32)))
(import "env" "consume_output" (func $consume (param i32 i32 i32) (result i32)))
(import "env" "rune_model_load"
  (func $load (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
(import "env" "rune_model_infer" (func $infer (param i32 i32 i32) (result i32)))
(import "env" "rune_resource_open" (func $open (param i32 i32) (result i32)))
(import "env" "rune_resource_read" (func $resource (param i32 i32 i32) (result i32)))
"""
MIME = b"application/tflite-model"
SHAPE = b"f32[1, 1]"
LOG = json.dumps({"level": "INFO", "message": "hello from wasm", "target": "x"}).encode()
WORD = b"resource says hi"

# 0: length; 16: mime; 48: shape; 64: descriptor of the shape; 80: i32 1; 96: "length";
# 128: log; 256: input; 272: output; 288: pointers; 320: resource's name; 336: buffer; 1024: model
SINE = (
    IMPORTS
    + data(16, MIME)
    + data(48, SHAPE)
    + data(64, struct.pack("<II", 48, len(SHAPE)))
    + data(80, struct.pack("<i", 4))
    + data(96, b"length")
    + data(128, LOG)
    + data(288, struct.pack("<II", 256, 272))
    + data(320, b"WORD")
    + data(1024, MODEL)
    + f"""
(global $capability_id (mut i32) (i32.const 0))
(global $model_id (mut i32) (i32.const 0))
(global $output_id (mut i32) (i32.const 0))
(func (export "_manifest") (result i32)
  (drop (call $debug (i32.const 128) (i32.const {len(LOG)})))
  (global.set $capability_id (call $capability (i32.const 5)))
  (drop (call $set (global.get $capability_id) (i32.const 96) (i32.const 6)
    (i32.const 80) (i32.const 4) (i32.const 1)))
  (global.set $model_id (call $load (i32.const 16) (i32.const {len(MIME)})
    (i32.const 1024) (i32.const {len(MODEL)})
    (i32.const 64) (i32.const 1) (i32.const 64) (i32.const 1)))
  (global.set $output_id (call $output (i32.const 1)))
  (drop (call $resource (call $open (i32.const 320) (i32.const 4)) (i32.const 336)
    (i32.const {len(WORD)})))
  (i32.const 1))
(func (export "_call") (param i32 i32 i32) (result i32)
  (drop (call $read (i32.const 256) (i32.const 4) (global.get $capability_id)))
  (drop (call $infer (global.get $model_id) (i32.const 288) (i32.const 292)))
  (drop (call $consume (global.get $output_id) (i32.const 272) (i32.const 4)))
  (drop (call $consume (global.get $output_id) (i32.const 336) (i32.const {len(WORD)})))
  (i32.const 0))
"""
)


def resource(name: bytes, content: bytes) -> bytes:
    payload = struct.pack(">I", len(name)) + name + struct.pack(">I", len(content)) + content
    return runes.custom(".rune_resource", payload)


def original(text: str) -> bytes:
    return assembled("original", text, original=True) + resource(b"WORD", WORD)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimBoard]:
    folder = tmp_path_factory.mktemp("board")
    raw = folder / "turns.raw"
    raw.write_bytes(struct.pack("<2f", 0.0, 0.25))
    with SimBoard(folder / "flash", "--raw", raw) as board:
        yield board


def refused(client: Client, rune: bytes) -> tuple[int, list[Any]]:
    try:
        client.upload("original", rune)
        client.request("start", name="original", period_ms=0)
        client.request("call", name="original")
    except BoardError as error:
        return error.code, error.arguments
    raise AssertionError("it runs")


def test_it_runs_with_its_model_and_resource(client: Client) -> None:
    client.upload("original", original(SINE))
    started = client.request("start", name="original", period_ms=0)
    assert started == {"granted": ["RAW", "SERIAL"], "self_test": "none", "trial": 3}
    client.request("subscribe", topics=["out"])
    client.request("call", name="original", count=2)
    payloads = [event[1] for event in client.wait_events(4)]
    # One counter for capability, model and output: the output is number 3.
    assert {(name, channel, kind) for name, channel, kind, _, _ in payloads} == {
        ("original", 3, "SERIAL")
    }
    values = [struct.unpack("<f", payload[4])[0] for payload in payloads[::2]]
    assert values[0] != values[1]
    assert values == pytest.approx([0.0, 1.0], abs=0.1)
    assert payloads[1][4] == WORD
    records = client.request("logs", name="original")["records"]
    assert ["info", "original", "hello from wasm"] in [
        [record[1], record[2], record[4]] for record in records
    ]


def test_one_that_needs_more_memory_is_refused_with_the_shortfall(client: Client) -> None:
    rune = runes.MAGIC + original_with_pages(17)
    code, reasons = refused(client, rune)
    assert code == errors.REFUSED
    ((reason, short, needed, available),) = reasons
    assert reason == errors.WASM_MEMORY_SHORT
    assert needed >= 17 * PAGE
    assert short == needed - available
    assert 100_000 < available < 262_144


def original_with_pages(pages: int) -> bytes:
    from wasmtime import wat2wasm

    text = f'(module {SINE} (memory (export "memory") {pages}))'
    return bytes(wat2wasm(text))[len(runes.MAGIC) :]


def test_one_that_leaves_less_than_the_service_needs_is_refused(tmp_path: Path) -> None:
    """What it takes is known only once it has been loaded."""
    rune = original(EMPTY_MANIFEST + EMPTY_CALL)
    with SimBoard(tmp_path / "large") as board, board.tcp() as client:
        free = client.request("facts")["heap_free"]
        client.upload("original", rune)
        client.request("start", name="original", period_ms=0)
        taken = free - client.request("facts")["heap_free"]
    # As much as is asked for at first, and all the same too little for the service beside it.
    heap = 262_144 - (free - ORIGINAL_OVERHEAD_BYTES - PAGE) + 2048
    assert taken > PAGE + 2048 + ORIGINAL_OVERHEAD_BYTES - SERVICE_BYTES
    with SimBoard(tmp_path / "small", heap=str(heap)) as board, board.tcp() as client:
        code, reasons = refused(client, rune)
        assert (code, reasons[0][0]) == (errors.REFUSED, errors.RAM_SHORT)
        assert reasons[0][1] == reasons[0][2] - reasons[0][3] > 0
        assert client.request("facts")["heap_free"] > SERVICE_BYTES


def test_with_a_larger_heap_the_same_one_runs(tmp_path: Path) -> None:
    raw = tmp_path / "turns.raw"
    raw.write_bytes(struct.pack("<f", 0.25))
    rune = runes.MAGIC + original_with_pages(17) + resource(b"WORD", WORD)
    with (
        SimBoard(tmp_path / "flash", "--raw", raw, heap="2M") as board,
        board.tcp() as client,
    ):
        client.upload("original", rune)
        client.request("start", name="original", period_ms=0)
        assert client.request("call", name="original", count=10) == {"calls": 10}


@pytest.mark.parametrize(
    ("old", "new", "code", "arguments"),
    [
        (
            "(call $capability (i32.const 5))",
            "(call $capability (i32.const 4))",
            errors.NO_CAPABILITY,
            ["IMAGE", "RAND, RAW"],
        ),
        (
            "(call $output (i32.const 1))",
            "(call $output (i32.const 2))",
            errors.NO_OUTPUT,
            ["BLE", "SERIAL, TENSOR"],
        ),
        (
            "(i32.const 64) (i32.const 1) (i32.const 64)",
            "(i32.const 64) (i32.const 0) (i32.const 64)",
            errors.MODEL_REFUSED,
            None,
        ),
        (
            f"(i32.const 1024) (i32.const {len(MODEL)})",
            "(i32.const 1024) (i32.const 100)",
            errors.MODEL_REFUSED,
            None,
        ),
        (
            f"(i32.const 1024) (i32.const {len(MODEL)})",
            "(i32.const 1024) (i32.const -1)",
            errors.TRAP,
            None,
        ),
        ("(i32.const 4) (i32.const 1)))", "(i32.const 3) (i32.const 1)))", None, None),
        (
            "(call $read (i32.const 256) (i32.const 4)",
            "(call $read (i32.const 65530) (i32.const 400)",
            errors.TRAP,
            None,
        ),
        (
            "(call $consume (global.get $output_id) (i32.const 272) (i32.const 4))",
            "(call $consume (global.get $output_id) (i32.const 272) (i32.const 20000))",
            errors.TRAP,
            None,
        ),
    ],
)
def test_one_that_asks_for_what_is_not_there(
    client: Client, old: str, new: str, code: int | None, arguments: list[Any] | None
) -> None:
    assert old in SINE
    found, given = refused(client, original(SINE.replace(old, new)))
    assert found == (errors.MANIFEST_MISMATCH if code is None else code), given
    assert given == arguments or arguments is None


def test_an_import_of_own_runes_is_not_granted(client: Client) -> None:
    text = '(import "runic" "run" (func (param i32 i32) (result i32)))'
    rune = original(text + EMPTY_MANIFEST + EMPTY_CALL)
    assert refused(client, rune) == (errors.IMPORT_NOT_GRANTED, ["runic.run"])


def test_the_removed_model_functions_say_so(client: Client) -> None:
    text = '(import "env" "tfm_preload_model" (func $p (param i32 i32 i32 i32) (result i32)))'
    manifest = """(func (export "_manifest") (result i32)
      (call $p (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))"""
    code, arguments = refused(client, original(text + manifest + EMPTY_CALL))
    assert code == errors.TRAP
    assert "removed" in arguments[0]
