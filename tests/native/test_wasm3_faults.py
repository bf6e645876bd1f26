"""What wasm3 0.5.0 does wrong with valid code, and patches mend; wasmtime says what is right."""

import random
import struct
from pathlib import Path

import pytest
import wasmtime

from tests.board import run_ok
from tests.native.wasm_answers import plain, shown
from tests.native.wasm_growing import grown_module

MODULES = 300
RUN_ALL = """
import struct, sys, wasm3
def shown(value):
    return struct.pack("<f", value).hex() if isinstance(value, float) else str(value)
def call(function, arguments):
    try:
        return shown(function(*arguments))
    except wasm3.Trap:
        return "trap"
with open(sys.argv[1], "rb") as modules:
    while head := modules.read(4):
        wasm = modules.read(struct.unpack("<I", head)[0])
        runtime = wasm3.Runtime()
        module = runtime.load(wasm)
        for name, kind, signature in module.exports:
            if kind == "memory":
                print(sum(bytes(module.memory)))
                continue
            if kind == "global":
                print(shown(module.globals[name]))
                continue
            kinds = signature[signature.index("(") + 1:-1]
            print(call(module.find(name), [1.5 if kind in "fF" else 3 for kind in kinds]))
        runtime.close()
"""

# A branch that carries a float out of two blocks copied the integer below it, too.
FLOAT_ABOVE_AN_INTEGER = """
(module (func (export "f") (param i32) (result f32)
  block (result f32)
    block (result i32)
      f32.const 2.5  local.get 0  br_if 1  drop  i32.const 1
    end
    if end
    f32.const 7
  end))
"""
# The float below the one that the branch carries was stored where the branch is taken only.
FLOAT_ABOVE_A_FLOAT = """
(module (func (export "f") (param f32) (result f32)
  block (result f32)
    local.get 0  local.get 0  f32.add
    local.get 0  i32.const 0  br_if 0
    f32.sub
  end))
"""
# Taking away one of two operands that are the local's old value freed the other's upper half.
TWO_OF_A_LOCAL = """
(module (memory 1) (func (export "f") (param i64) (result i64)
  local.get 0  local.get 0
  i64.const 5  local.set 0
  drop
  memory.size  memory.size  drop  drop))
"""
# Operands of code that is never reached had slots outside the compiler's table.
NEVER_REACHED = """
(module (func (export "f") (param i32) (result i32)
  block
    unreachable
    select  call $other  drop
    block (result i64) i64.const 1 i64.const 2 i64.add end  drop
  end
  i32.const 1)
  (func $other (param i32 i32) (result i32) local.get 0))
"""
# The sum of the pages wrapped, and the memory became smaller.
GROWN_BY_MINUS_ONE = """
(module (memory 2)
  (func (export "grow") (result i32) i32.const -1 memory.grow)
  (func (export "size") (result i32) memory.size)
  (func (export "end") (result i32) i32.const 131068 i32.load))
"""
# Loading it failed for want of memory.
EMPTY_SEGMENT = """
(module (table 0 funcref) (elem (i32.const 0)) (func (export "f") (result i32) i32.const 5))
"""
MENDED = [
    *(FLOAT_ABOVE_AN_INTEGER, FLOAT_ABOVE_A_FLOAT, NEVER_REACHED),
    *(TWO_OF_A_LOCAL, GROWN_BY_MINUS_ONE, EMPTY_SEGMENT),
]


def right_answers(data: bytes) -> list[str]:
    """What each function returns in turn, and the sum of the memory's bytes after that."""
    store = wasmtime.Store()
    module = wasmtime.Module(store.engine, data)
    instance = wasmtime.Instance(store, module, [])
    answers = []
    for function in instance.exports(store).values():
        if isinstance(function, wasmtime.Memory):
            answers.append(str(sum(function.read(store))))
            continue
        if isinstance(function, wasmtime.Global):
            answers.append(shown(function.value(store)))
            continue
        assert isinstance(function, wasmtime.Func)
        kinds = [str(kind) for kind in function.type(store).params]
        try:
            answer = function(store, *(1.5 if kind[0] == "f" else 3 for kind in kinds))
            answers.append(shown(answer))
        except (wasmtime.Trap, wasmtime.WasmtimeError):
            answers.append("trap")
    return answers


def board_answers(tmp_path: Path, modules: list[bytes]) -> list[str]:
    path = tmp_path / "modules"
    path.write_bytes(b"".join(struct.pack("<I", len(data)) + data for data in modules))
    return [plain(line) for line in run_ok(RUN_ALL, path, heap="8m").splitlines()]


@pytest.mark.parametrize("text", MENDED)
def test_a_fault_of_wasm3_is_mended(tmp_path: Path, text: str) -> None:
    data = bytes(wasmtime.wat2wasm(text))
    assert board_answers(tmp_path, [data]) == right_answers(data)


def test_compiling_stops_before_the_native_stack_ends(tmp_path: Path) -> None:
    """Blocks are compiled by recursion; here what is left of the stack is less than they take."""
    path = tmp_path / "nested"
    path.write_bytes(bytes(wasmtime.wat2wasm(f"(module (func {'block ' * 60}{'end ' * 60}))")))
    script = """
import sys, wasm3
module = wasm3.Runtime().load(open(sys.argv[1], "rb").read())
def down():
    try:
        down()
    except RuntimeError:
        if not said:
            try:
                module.compile()
                said.append("compiled")
            except wasm3.LoadError as error:
                said.append(str(error))
said = []
down()
print(said[0])
fresh = wasm3.Runtime().load(open(sys.argv[1], "rb").read())
fresh.compile()
"""
    assert run_ok(script, path, heap="4m") == "native stack overflow\n"


def test_grown_modules_compute_what_they_should(tmp_path: Path) -> None:
    chance = random.Random(11)
    modules = [grown_module(chance, ends=True, exact=True) for _ in range(MODULES)]
    expected = [answer for data in modules for answer in right_answers(data)]
    assert board_answers(tmp_path, modules) == expected
    assert expected.count("trap") < len(expected) / 2
