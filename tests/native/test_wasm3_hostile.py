"""Hostile modules: each is refused or stopped within its fuel, and the next module runs.

Beside the corpus here, the files of `../shared/fuzz/hostile`, where they are.
"""

import struct
from pathlib import Path

import wasmtime

from tests.board import ROOT, run_ok

SHARED = ROOT.parent / "shared" / "fuzz" / "hostile"
FUEL = 20_000
GOOD = '(func (export "f") (result i32) i32.const 7)'
CORPUS = {
    "loop": '(func (export "f") loop br 0 end)',
    "loops_in_loops": '(func (export "f") loop loop loop br 2 end end end)',
    "loop_on_a_condition": '(func (export "f") loop i32.const 1 br_if 0 end)',
    "loop_by_table": '(func (export "f") loop i32.const 5 br_table 0 0 end)',
    "recursion": '(func $f (export "f") call $f)',
    "mutual_recursion": '(func $f (export "f") call $g) (func $g call $f)',
    "indirect_recursion": "(type $t (func)) (table 1 funcref) (elem (i32.const 0) $f)"
    ' (func $f (export "f") i32.const 0 call_indirect (type $t))',
    "recursion_in_loops": '(func $f (export "f") loop call $f br 0 end)',
    "start": '(start $f) (func $f loop br 0 end) (func (export "f"))',
    "start_at_0_and_memory": '(memory 1) (start 0) (func loop br 0 end) (func (export "f"))',
    "grows": '(memory 1) (func (export "f") loop i32.const 1 memory.grow drop br 0 end)',
    "shrinks": '(memory 2) (func (export "f") i32.const -1 memory.grow drop'
    " i32.const 70000 i32.load drop)",
    "memory_of_4_gib": '(memory 65536) (func (export "f"))',
    "table_of_millions": '(table 4000000 funcref) (func (export "f"))',
    "load_at_minus_one": '(memory 1) (func (export "f") i32.const -1 i32.load drop)',
    "division": '(func (export "f") i32.const 1 i32.const 0 i32.div_s drop)',
    "blocks_200": f'(func (export "f") {"block " * 200}{"end " * 200})',
    "locals_10000": f'(func (export "f") (local {"i64 " * 10_000}))',
    "imports_1000": '(import "m" "f" (func)) ' * 1000,
}
RUN_EACH = """
import struct, sys, wasm3
FUEL = int(sys.argv[2])
def tried(wasm, limits):
    runtime = wasm3.Runtime(memory_bytes=100000, limits=limits)
    runtime.fuel = FUEL
    try:
        module = runtime.load(wasm)
        module.compile()
        for name, kind, signature in module.exports:
            if kind == "function":
                count = len(signature) - signature.index("(") - 2
                module.find(name)(*([3] * count))
        return "ended", runtime.spent
    except (wasm3.Error, MemoryError) as error:
        return str(error) or "out of memory", runtime.spent
    finally:
        runtime.close()
with open(sys.argv[1], "rb") as modules:
    good = modules.read(struct.unpack("<I", modules.read(4))[0])
    while head := modules.read(4):
        wasm = modules.read(struct.unpack("<I", head)[0])
        for limits in (wasm3.RUNE, wasm3.MODULE):
            said, spent = tried(wasm, limits)
            assert spent <= FUEL, spent
            after = wasm3.Runtime()
            assert after.load(good).find("f")() == 7
            after.close()
            assert wasm3.allocated() == 0
            print(said)
"""


def outcomes(tmp_path: Path, modules: list[bytes]) -> list[str]:
    """What each module came to: as part of a Rune, and as a module of one's own."""
    path = tmp_path / "modules"
    every = [assembled(GOOD), *modules]
    path.write_bytes(b"".join(struct.pack("<I", len(data)) + data for data in every))
    return run_ok(RUN_EACH, path, str(FUEL), heap="512k").splitlines()


def assembled(text: str) -> bytes:
    return bytes(wasmtime.wat2wasm(f"(module {text})"))


def test_hostile_modules_are_refused_or_stopped(tmp_path: Path) -> None:
    said = outcomes(tmp_path, [assembled(text) for text in CORPUS.values()])
    ends = {name: said[2 * at : 2 * at + 2] for at, name in enumerate(CORPUS)}
    fuel, stack = "[trap] out of fuel", "[trap] stack overflow"
    for name in ("loop", "loops_in_loops", "loop_on_a_condition", "loop_by_table", "grows"):
        assert ends[name] == [fuel, fuel]
    for name in ("recursion", "mutual_recursion", "indirect_recursion", "recursion_in_loops"):
        assert ends[name] == [stack, stack]
    for name in ("start", "start_at_0_and_memory"):
        assert "start function" in ends[name][0] and ends[name][1] == fuel
    assert ends["shrinks"] == ["ended", "ended"]
    assert ends["load_at_minus_one"] == ["[trap] out of bounds memory access"] * 2
    assert ends["division"] == ["[trap] integer divide by zero"] * 2
    refused = ("table_of_millions", "blocks_200", "locals_10000", "imports_1000")
    for name in refused:
        assert all("[trap]" not in one and one != "ended" for one in ends[name]), name


def test_the_shared_corpus_is_refused_or_stopped(tmp_path: Path) -> None:
    files = sorted(SHARED.glob("*")) if SHARED.is_dir() else []
    modules = [
        bytes(wasmtime.wat2wasm(path.read_text())) if path.suffix == ".wat" else path.read_bytes()
        for path in files
    ]
    said = outcomes(tmp_path, modules)
    assert len(said) == 2 * len(files)
    for number, path in enumerate(files):
        if path.stem.startswith(("inf", "startinf")):
            assert said[2 * number + 1] == "[trap] out of fuel", path
