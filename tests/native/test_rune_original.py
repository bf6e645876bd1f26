"""A Rune as the original toolchain made them: all through `env`, the model in linear memory."""

import json
import struct
from pathlib import Path

import pytest

from tests.native.rune_board import board
from tests.native.rune_models import write_doubler
from tests.native.wasm_sources import write_wasm

MODEL_AT = 1024

# Memory: 0 texts, 64 shape descriptors, 128 tensor pointers, 256 tensors, 512 JSON, 1024 model.
ORIGINAL = """
(module
  (import "env" "_debug" (func $debug (param i32 i32) (result i32)))
  (import "env" "request_capability" (func $capability (param i32) (result i32)))
  (import "env" "request_capability_set_param"
    (func $set (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "request_provider_response" (func $read (param i32 i32 i32) (result i32)))
  (import "env" "request_output" (func $output (param i32) (result i32)))
  (import "env" "consume_output" (func $write (param i32 i32 i32) (result i32)))
  (import "env" "rune_model_load"
    (func $load (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "rune_model_infer" (func $infer (param i32 i32 i32) (result i32)))
  (import "env" "rune_resource_close" (func $close (param i32)))
  (memory (export "memory") 17)
  (global $sensor (mut i32) (i32.const 0))
  (global $model (mut i32) (i32.const 0))
  (global $serial (mut i32) (i32.const 0))
  (global (export "__heap_base") i32 (i32.const 65536))
  (data (i32.const 0) "length\\00\\00\\10\\00\\00\\00f32[1, 4]application/tflite-model")
  (data (i32.const 64) "\\0c\\00\\00\\00\\09\\00\\00\\00")
  (data (i32.const 128) "\\00\\01\\00\\00\\40\\01\\00\\00")
  (data (i32.const 512)
    "{\\"type_name\\":\\"f32\\",\\"channel\\":3,\\"elements\\":[],\\"dimensions\\":[0]}")
  (data (i32.const 1024) "MODEL")
  (func (export "_manifest") (result i32)
    (drop (call $debug (i32.const 0) (i32.const 6)))
    (global.set $sensor (call $capability (i32.const 5)))
    (drop (call $set (global.get $sensor) (i32.const 0) (i32.const 6)
      (i32.const 8) (i32.const 4) (i32.const 1)))
    (global.set $model (call $load (i32.const 21) (i32.const 24) (i32.const 1024) (i32.const SIZE)
      (i32.const 64) (i32.const 1) (i32.const 64) (i32.const 1)))
    (global.set $serial (call $output (i32.const 1)))
    i32.const 1)
  (func (export "_call") (param i32 i32 i32) (result i32)
    (drop (call $read (i32.const 256) (i32.const 16) (global.get $sensor)))
    (drop (call $infer (global.get $model) (i32.const 128) (i32.const 132)))
    (drop (call $write (global.get $serial) (i32.const 512) (i32.const 62)))
    i32.const 0)
)
"""

HOST = """
import nn
class Original(Host):
    "Serves a Rune as RunicOS does, the models used where they lie."
    def model_load(self, mime, model, inputs, outputs):
        identity = self.note("load", mime, inputs, outputs)
        c.bind_model(identity, nn.Model(model))
        return identity
    def request_capability(self, kind):
        identity = self.note("capability", kind)
        c.bind_capability(identity, driver)
        return identity
    def request_output(self, kind):
        identity = self.note("output", kind)
        c.bind_output(identity, kind, ring)
        return identity
wasm = open(sys.argv[1], "rb").read()
driver, ring, host = Bytes(struct.pack("<4f", 1, 2, 3, 4)), rune.Ring(300), Original()
"""


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("original")
    model = write_doubler(folder).read_bytes()
    data = "".join(f"\\{byte:02x}" for byte in model)
    text = ORIGINAL.replace('"MODEL"', f'"{data}"').replace("SIZE", str(len(model)))
    return write_wasm(folder, "original", text)


def test_it_asks_for_what_it_needs_and_runs(original: Path) -> None:
    script = """
m = wasm3.Runtime(stack_bytes=16384).load(wasm)
c = rune.Container(m, host, rune.imports())
print(c.manifest())
print(host.log)
c.call()
c.call()
records(ring)
print(struct.unpack("<4f", m.memory[320:336]))
"""
    lines = board(HOST + script, original, heap="2m")
    assert lines[0] == "1"
    assert eval(lines[1]) == [
        ("debug", b"length"),
        ("capability", 5),
        ("param", 1, "length", struct.pack("<i", 16), 1),
        ("load", "application/tflite-model", ("f32[1, 4]",), ("f32[1, 4]",)),
        ("output", 1),
    ]
    assert [line[:6] for line in lines[2:4]] == ["3 1 0 ", "3 1 1 "]
    assert json.loads(lines[2][6:])["channel"] == 3
    assert lines[4] == "(2.0, 4.0, 6.0, 8.0)"


def test_its_steady_call_allocates_nothing_with_a_c_driver(original: Path) -> None:
    script = """
driver = rune.Random(1)
c = rune.Container(wasm3.Runtime(stack_bytes=16384).load(wasm), host, rune.imports())
c.manifest()
c.call()
micropython.heap_lock()
c.call(100)
micropython.heap_unlock()
print("done")
"""
    assert board(HOST + script, original, heap="2m") == ["done"]


def test_it_is_refused_where_17_pages_do_not_fit(original: Path) -> None:
    script = "print(error(wasm3.Runtime().load, wasm), wasm3.allocated())"
    line = board(HOST + script, original, heap="256k")[0]
    assert line.startswith("MemoryError: memory allocation failed, allocating 1114")
    assert line.endswith(" 0")


def test_it_runs_with_less_memory_than_it_declares(original: Path) -> None:
    script = """
m = wasm3.Runtime(stack_bytes=16384, memory_bytes=4096).load(wasm)
c = rune.Container(m, host, rune.imports())
print(c.manifest(), c.call(), struct.unpack("<4f", m.memory[320:336]))
"""
    assert board(HOST + script, original, heap="128k") == ["1 None (2.0, 4.0, 6.0, 8.0)"]
