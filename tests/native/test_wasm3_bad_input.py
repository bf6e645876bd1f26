"""wasm3 on the board: files that are not modules, cut short, garbled, or ask for too much."""

from pathlib import Path

import pytest

from tests.native.test_wasm3_calls import board
from tests.native.wasm_sources import ARITHMETIC, TRAPS, write_wasm

HEADER = b"\0asm\1\0\0\0"


def section(identity: int, body: bytes) -> bytes:
    """One section; bodies here are shorter than 128 bytes."""
    return bytes([identity, len(body)]) + body


ONE_TYPE = section(1, b"\1\x60\0\0")

BAD_FILES = {
    "empty": (b"", "not WebAssembly"),
    "text": (b"(module)", "not WebAssembly"),
    "other_version": (b"\0asm\2\0\0\0", "not version 1"),
    "no_version": (b"\0asm\1", "not version 1"),
    "section_past_the_end": (HEADER + b"\1\x7f", "truncated"),
    "section_length_overflow": (HEADER + b"\1\xff\xff\xff\xff\x1f", "malformed LEB128"),
    "section_length_huge": (HEADER + b"\1\xff\xff\xff\xff\x0f", "truncated"),
    "unknown_section": (HEADER + section(13, b""), "unknown section"),
    "sections_reversed": (HEADER + section(3, b"\0") + ONE_TYPE, "out of order"),
    "section_twice": (HEADER + ONE_TYPE + ONE_TYPE, "out of order"),
    "type_count_lies": (HEADER + section(1, b"\x7f\x60\0\0"), "truncated"),
    "type_form": (HEADER + section(1, b"\1\x5f\0\0"), "type form"),
    "value_type": (HEADER + section(1, b"\1\x60\1\x7b\0"), "value type"),
    "many_parameters": (
        HEADER + section(1, b"\1\x60\x41" + b"\x7f" * 65 + b"\0"),
        "too many",
    ),
    "type_rest": (HEADER + section(1, b"\1\x60\0\0\0"), "left over"),
    "import_memory": (HEADER + section(2, b"\1\1m\1f\2\0\0"), "only functions"),
    "import_table": (HEADER + section(2, b"\1\1m\1f\1\x70\0\0"), "only functions"),
    "import_global": (HEADER + section(2, b"\1\1m\1f\3\x7f\0"), "only functions"),
    "import_type": (HEADER + ONE_TYPE + section(2, b"\1\1m\1f\0\5"), "type index"),
    "import_name_lies": (
        HEADER + ONE_TYPE + section(2, b"\1\x70m\1f\0\0"),
        "truncated",
    ),
    "import_name": (HEADER + ONE_TYPE + section(2, b"\1\2\xc3(\1f\0\0"), "not UTF-8"),
    "export_name": (HEADER + section(5, b"\1\0\1") + section(7, b"\1\1\xff\2\0"), "not UTF-8"),
    "function_type": (HEADER + ONE_TYPE + section(3, b"\1\1"), "type index"),
    "code_missing": (
        HEADER + ONE_TYPE + section(3, b"\1\0"),
        "code section is missing",
    ),
    "code_count": (
        HEADER + ONE_TYPE + section(3, b"\1\0") + section(10, b"\0"),
        "more functions than code",
    ),
    "body_lies": (
        HEADER + ONE_TYPE + section(3, b"\1\0") + section(10, b"\1\x09\0\x0b"),
        "trunc",
    ),
    "body_open": (
        HEADER + ONE_TYPE + section(3, b"\1\0") + section(10, b"\1\2\0\1"),
        "truncated",
    ),
    "body_empty": (
        HEADER + ONE_TYPE + section(3, b"\1\0") + section(10, b"\1\0"),
        "trunc",
    ),
    "locals": (
        HEADER
        + ONE_TYPE
        + section(3, b"\1\0")
        + section(10, b"\1\x08\1\xff\xff\xff\xff\x0f\x7f\x0b"),
        "too many locals",
    ),
    "two_memories": (HEADER + section(5, b"\2\0\0\0\0"), "only one memory"),
    "memory_limits": (HEADER + section(5, b"\1\1\2\1"), "maximum is below"),
    "memory_shared": (HEADER + section(5, b"\1\3\1\1"), "unsupported limits"),
    "memory_huge": (HEADER + section(5, b"\1\0\x81\x80\4"), "too large"),
    "export_nothing": (HEADER + section(7, b"\1\1f\0\0"), "names nothing"),
    "export_kind": (HEADER + section(7, b"\1\1f\4\0"), "names nothing"),
    "start_nothing": (HEADER + section(8, b"\0"), "start function"),
    "elements": (HEADER + section(9, b"\1\0\x41\0\x0b\0"), "without a table"),
    "data": (HEADER + section(11, b"\1\0\x41\0\x0b\0"), "without a memory"),
    "data_outside": (
        HEADER + section(5, b"\1\0\1") + section(11, b"\1\0\x41\x7f\x0b\1x"),
        "a data segment reaches past the memory",
    ),
    "data_past_the_file": (
        HEADER + section(5, b"\1\0\1") + section(11, b"\1\0\x41\0\x0b\xff\xff\xff\xff\x0f"),
        "truncated",
    ),
    "global_cut": (HEADER + section(6, b"\1\x7f"), "truncated"),
    "custom_name_lies": (HEADER + section(0, b"\x7fname"), "truncated"),
    "imported_start": (
        HEADER + ONE_TYPE + section(2, b"\1\1m\1f\0\0") + section(8, b"\0"),
        "start function",
    ),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_refused_by_name_of_its_fault(tmp_path: Path, name: str) -> None:
    content, said = BAD_FILES[name]
    wasm = tmp_path / "bad.wasm"
    wasm.write_bytes(content)
    line = board("print(error(load), wasm3.allocated())", wasm)[0]
    assert line.startswith("LoadError: ") and said in line
    assert line.endswith(" 0")


@pytest.mark.parametrize("text", [ARITHMETIC, TRAPS])
def test_truncation_at_every_length_is_survived(tmp_path: Path, text: str) -> None:
    script = """
counts = {"refused": 0, "loaded": 0}
for length in range(len(wasm)):
    runtime = wasm3.Runtime(memory_bytes=1000)
    try:
        runtime.load(wasm[:length])
        counts["loaded"] += 1
        runtime.close()
    except wasm3.LoadError:
        counts["refused"] += 1
print(counts["loaded"], counts["refused"])
"""
    loaded, refused = map(int, board(script, write_wasm(tmp_path, "whole", text))[0].split())
    # What loads is cut between two sections, and is a module of fewer sections.
    assert loaded < 8 and refused > 200


def test_10000_failed_loads_leave_nothing(tmp_path: Path) -> None:
    text = """
    (module (memory 1) (global i32 (i32.const 3)) (table 4 funcref) (func $f)
      (elem (i32.const 0) $f) (data (i32.const 60000) "past the limit"))
    """
    script = """
r = wasm3.Runtime(memory_bytes=1000)
print(error(r.load, wasm))
before, failures = wasm3.allocated(), 0
for _ in range(10000):
    try:
        r.load(wasm)
    except wasm3.LoadError:
        failures += 1
print(wasm3.allocated() - before, failures)
"""
    assert board(script, write_wasm(tmp_path, "bad", text), heap="400k") == [
        "LoadError: data segment out of bounds",
        "0 10000",
    ]


def test_10000_modules_that_do_not_compile_leave_nothing(tmp_path: Path) -> None:
    """What the compiler loses goes with everything else that it was given."""
    text = """(module (import "m" "f" (func $f)) (func (export "g") (param i32)
      (block (br_table 0 0 (local.get 0))) (call $f)))"""
    script = """
kinds = {}
for _ in range(10000):
    runtime = wasm3.Runtime(stack_bytes=256)
    kind = error(runtime.load(wasm).compile).split(":")[0]
    kinds[kind] = kinds.get(kind, 0) + 1
    runtime.close()
print(wasm3.allocated(), kinds)
"""
    lines = board(script, write_wasm(tmp_path, "unlinked", text), heap="400k")
    assert lines == ["0 {'LinkError': 10000}"]


def test_a_load_that_does_not_fit_the_heap_raises_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    text = '(module (memory 3) (func (export "f") (result i32) i32.const 5))'
    script = """
for _ in range(100):
    message = error(load)
print(message[:11], wasm3.allocated())
print(load(memory_bytes=1000).find("f")())
"""
    wasm = write_wasm(tmp_path, "large", text)
    assert board(script, wasm, heap="128k") == ["MemoryError 0", "5"]


@pytest.mark.parametrize("heap", range(24, 44, 2))
def test_scarce_memory_is_an_exception_never_a_wrong_result(tmp_path: Path, heap: int) -> None:
    body = "".join(f"f32.const {i}.5 f32.add " for i in range(100))
    text = f'(module (func (export "f") (result f32) f32.const 0 {body}))'
    script = """
def once():
    m = load()
    return m.find("f")()
answer = error(lambda: print("answer", once()))
print(answer[:11])
"""
    lines = board(script, write_wasm(tmp_path, "constants", text), heap=f"{heap}k")
    assert lines in (["MemoryError"], ["answer 5000.0", "no error"])


def test_garbage_after_a_good_start_is_survived(tmp_path: Path) -> None:
    """Bytes of the sections before the code are replaced one by one; the code is not run."""
    script = """
refused = 0
code = wasm.find(b"hello") - 60
for at in range(8, 120):
    for value in (0, 1, 0x7f, 0x80, 0xff):
        broken = bytearray(wasm)
        broken[at] = value
        runtime = wasm3.Runtime(memory_bytes=1000)
        try:
            runtime.load(bytes(broken))
            runtime.close()
        except wasm3.LoadError:
            refused += 1
print(refused > 100, wasm3.allocated())
"""
    lines = board(script, write_wasm(tmp_path, "broken", ARITHMETIC), heap="1m")
    assert lines == ["True 0"]


def test_a_bytearray_is_copied_so_that_it_may_move(tmp_path: Path) -> None:
    script = """
buffer = bytearray(wasm)
m = wasm3.Runtime(memory_bytes=300).load(buffer)
for index in range(len(buffer)):
    buffer[index] = 0
buffer.extend(bytes(1000))
print(m.find("i32")(9))
"""
    assert board(script, write_wasm(tmp_path, "whole", ARITHMETIC)) == ["9"]


@pytest.mark.parametrize("value", ["None", "5", "'text'", "[1, 2]"])
def test_only_buffers_load(tmp_path: Path, value: str) -> None:
    wasm = write_wasm(tmp_path, "whole", ARITHMETIC)
    line = board(f"print(error(wasm3.Runtime().load, {value}))", wasm)[0]
    assert line.split(":")[0] in ("TypeError", "LoadError")
