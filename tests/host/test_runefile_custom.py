"""Custom blocks: compiled, checked, laid out in their own memory, refused when they reach out."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest
import wasmtime

from runicd.errors import RunefileError
from runicd.runefile import compile_block
from runicd.runefile.build import build
from runicd.runefile.read_rune import RuneFile
from tests.host.runefile_samples import built, write

TEXT = """\
version: 1
image: runicos/base
pipeline:
  motion: {capability: ACCEL, args: {samples: 2}}
  mine:
    proc-block: ./block.c
    inputs: [motion]
    outputs: [{type: f32, dimensions: [2, 3]}, {type: i32, dimensions: [1]}]
    args: {gain: 3, offset: 0.5}
  serial: {out: serial, inputs: [mine, mine.1]}
"""
SOURCE = """\
#include <stdint.h>
static float gain = 1, offset;
static uint8_t copies[600] = {1, 2, 3};
void set_gain(int32_t value) { gain = (float)value; }
void set_offset(float value) { offset = value; }
int32_t transform(const float *in, int32_t count, float *out, int32_t n, int32_t *sum, int32_t m) {
    uint8_t copy[600];
    __builtin_memcpy(copy, copies, sizeof(copy));
    for (int32_t i = 0; i < count; ++i) { out[i] = in[i] * gain + offset; }
    *sum = n + 100 * m + copy[2];
    return 0;
}
"""
needs_clang = pytest.mark.skipif(not shutil.which("clang"), reason="clang is not installed")


def custom(rune: RuneFile) -> dict:
    assert rune.fields is not None
    return next(record for record in rune.fields["blocks"] if "section" in record)


@needs_clang
def test_a_block_in_c_computes_with_the_addresses_of_the_manifest(tmp_path: Path) -> None:
    rune = built(tmp_path, {"Runefile": TEXT, "block.c": SOURCE})
    record = custom(rune)
    assert record["args"] == {"gain": 3, "offset": 0.5}
    first, second, third = record["addresses"]
    assert all(address % 16 == 0 for address in (first, second, third))
    assert third + 4 <= record["memory_bytes"] < 65536
    store = wasmtime.Store()
    instance = wasmtime.Instance(store, wasmtime.Module(store.engine, rune.blocks[0]), [])
    exports = instance.exports(store)
    exports["set_gain"](store, 3)
    exports["set_offset"](store, 0.5)
    memory = exports["memory"]
    memory.write(store, struct.pack("<6f", *range(6)), first)
    assert exports["transform"](store, first, 6, second, 6, third, 1) == 0
    assert struct.unpack("<6f", memory.read(store, second, second + 24)) == (
        0.5, 3.5, 6.5, 9.5, 12.5, 15.5,
    )  # fmt: skip
    assert struct.unpack("<i", memory.read(store, third, third + 4)) == (6 + 100 + 3,)
    assert rune.module.data.index(rune.blocks[0]) % 4 == 0


@needs_clang
def test_the_same_source_gives_the_same_bytes_in_any_folder(tmp_path: Path) -> None:
    files = {"Runefile": TEXT, "block.c": SOURCE}
    one = built(tmp_path / "one", files)
    assert one.module.data == built(tmp_path / "another", files).module.data


@needs_clang
def test_a_block_in_cpp(tmp_path: Path) -> None:
    text = TEXT.replace("block.c", "block.cpp").replace(", {type: i32, dimensions: [1]}", "")
    text = text.replace("    args: {gain: 3, offset: 0.5}\n", "").replace(", mine.1", "")
    source = (
        'template <typename T> T twice(T x) { return x + x; }\nextern "C" int transform('
        "const float *in, int n, float *out, int) {\n"
        "    for (int i = 0; i < n; ++i) { out[i] = twice(in[i]); }\n    return 0;\n}\n"
    )
    rune = built(tmp_path, {"Runefile": text, "block.cpp": source})
    assert len(rune.blocks) == 1


@needs_clang
def test_memory_grows_to_hold_large_tensors(tmp_path: Path) -> None:
    text = TEXT.replace("samples: 2", "samples: 20000").replace("[2, 3]", "[20000, 3]")
    rune = built(tmp_path, {"Runefile": text, "block.c": SOURCE})
    record = custom(rune)
    module = wasmtime.Module(wasmtime.Engine(), rune.blocks[0])
    memory = next(one.type for one in module.exports if one.name == "memory")
    assert memory.limits.min * 65536 >= record["memory_bytes"] > 480_000


@needs_clang
def test_a_base_hands_its_blocks_on(tmp_path: Path) -> None:
    write(tmp_path, {"Base.yml": TEXT, "block.c": SOURCE})
    (tmp_path / "base.rune").write_bytes(build(tmp_path / "Base.yml", name="base").data)
    (tmp_path / "block.c").unlink()
    text = "FROM ./base.rune\nPROC_BLOCK softmax soft\nRUN mine soft\nOUT serial\n"
    rune = built(tmp_path, {"Runefile": text})
    assert custom(rune)["args"] == {"gain": 3, "offset": 0.5}
    assert len(custom(rune)["addresses"]) == 3


@needs_clang
@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("int transform(void) { return missing(); }", "does not compile"),
        ("int helper(void) { return 1; }", "transform"),
        (SOURCE.replace("int32_t *sum, int32_t m", "int32_t *sum").replace(" * m", ""), "need"),
        (SOURCE.replace("set_gain", "put_gain"), 'has no argument "gain"'),
        ("int transform(int a { }", "does not compile"),
    ],
)
def test_a_block_that_is_wrong(tmp_path: Path, source: str, fault: str) -> None:
    with pytest.raises(RunefileError, match=fault) as caught:
        built(tmp_path, {"Runefile": TEXT, "block.c": source})
    assert caught.value.diagnostics[0].span.line in {6, 9}


@needs_clang
def test_an_argument_of_the_wrong_type(tmp_path: Path) -> None:
    text = TEXT.replace("gain: 3", "gain: 3.5").replace("offset: 0.5", "offset: much")
    with pytest.raises(RunefileError) as caught:
        built(tmp_path, {"Runefile": text, "block.c": SOURCE})
    assert 'argument "gain" is 3.5; it takes one i32' in str(caught.value)
    assert "argument \"offset\" is 'much'; it takes one f32" in str(caught.value)


def wat(text: str) -> bytes:
    return bytes(wasmtime.wat2wasm(f"(module {text})"))


GOOD = (
    '(memory (export "memory") 1) (global (export "__heap_base") i32 (i32.const 64)) '
    '(func (export "transform") (param i32 i32 i32 i32) (result i32) i32.const 0)'
)
PLAIN = """\
FROM runicos/base
CAPABILITY ACCEL motion --samples 1
PROC_BLOCK ./block.wasm mine
PROC_BLOCK softmax soft
RUN motion mine soft
OUT serial
"""
TYPED = """\
FROM runicos/base
CAPABILITY<f32[1,3]> motion ACCEL --samples 1
PROC_BLOCK<f32[1,3],f32[1,4]> mine ./block.wasm
RUN motion mine
OUT serial
"""


def test_ready_wasm_is_taken_as_it_is(tmp_path: Path) -> None:
    rune = built(tmp_path, {"Runefile": TYPED, "block.wasm": wat(GOOD)})
    assert rune.blocks == (wat(GOOD),)
    assert custom(rune)["addresses"] == [64, 80]
    assert custom(rune)["memory_bytes"] == 96


@pytest.mark.parametrize(
    ("wasm", "fault"),
    [
        (wat('(import "env" "abort" (func)) ' + GOOD), "imports env.abort; a block may import"),
        (wat(GOOD.replace('(export "memory") ', "")), "exports no memory"),
        (wat(GOOD.replace("__heap_base", "heap")), "does not export __heap_base"),
        (wat(GOOD.replace('"transform"', '"transform_it"')), 'did you mean "transform_it"'),
        (wat(GOOD.replace("(param i32 i32 i32 i32)", "(param i32)")), "need (i32, i32, i32, i32)"),
        (wat(GOOD + "(func $s) (start $s)"), "has a start function"),
        (b"no wasm", "is no WebAssembly 1.0 module"),
        (wat(GOOD)[:-3], "announced"),
    ],
)
def test_ready_wasm_that_is_refused(tmp_path: Path, wasm: bytes, fault: str) -> None:
    with pytest.raises(RunefileError) as caught:
        built(tmp_path, {"Runefile": TYPED, "block.wasm": wasm})
    assert fault in str(caught.value)
    assert caught.value.diagnostics[0].span.line == 3


def test_nobody_says_what_a_block_gives(tmp_path: Path) -> None:
    with pytest.raises(RunefileError, match='nothing says what "mine" gives'):
        built(tmp_path, {"Runefile": PLAIN, "block.wasm": wat(GOOD)})


def test_a_missing_source_and_a_folder(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name, fault in (("./blk.c", "there is no file"), ("./folder", "is a folder")):
        with pytest.raises(RunefileError, match=fault):
            built(tmp_path, {"Runefile": TYPED.replace("./block.wasm", name)})


def test_without_a_compiler_the_message_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(compile_block.importlib.util, "find_spec", lambda _: None)
    for suffix, fault in (("c", "install clang and lld"), ("rs", "install rustc")):
        text = TYPED.replace("block.wasm", f"block.{suffix}")
        with pytest.raises(RunefileError, match=fault):
            built(tmp_path, {"Runefile": text, f"block.{suffix}": ""})


RUST = """\
#![no_std]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! { core::arch::wasm32::unreachable() }
#[no_mangle]
pub unsafe extern "C" fn transform(i: *const f32, n: usize, o: *mut f32, m: usize) -> i32 {
    for at in 0..m { *o.add(at) = *i.add(at % n) * 2.0; }
    0
}
"""


@pytest.mark.skipif(not shutil.which("rustc"), reason="rustc is not installed")
def test_a_block_in_rust_or_what_to_install(tmp_path: Path) -> None:
    text = TYPED.replace("block.wasm", "block.rs")
    targets = subprocess.run(
        ["rustc", "--print", "sysroot"], capture_output=True, text=True, check=True
    ).stdout.strip()
    if (Path(targets) / "lib/rustlib/wasm32-unknown-unknown/lib").is_dir():
        assert len(built(tmp_path, {"Runefile": text, "block.rs": RUST}).blocks) == 1
    else:
        with pytest.raises(RunefileError, match="rustup target add wasm32-unknown-unknown"):
            built(tmp_path, {"Runefile": text, "block.rs": RUST})
