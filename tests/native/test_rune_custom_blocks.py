"""Custom blocks: a wasm module of their own that sees its tensors and nothing else."""

from pathlib import Path

import pytest

from tests.native.rune_board import board
from tests.native.rune_models import f32
from tests.native.wasm_sources import write_wasm

HALVE = """
(module
  (memory (export "memory") 1)
  (func (export "transform") (param $in i32) (param $count i32) (param $out i32) (param i32)
    (result i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (f32.store (i32.add (local.get $out) (i32.shl (local.get $count) (i32.const 2)))
          (f32.mul (f32.const 0.5)
            (f32.load (i32.add (local.get $in) (i32.shl (local.get $count) (i32.const 2))))))
        (br $next)))
    (i32.load (i32.const 512)))
  (func (export "set_failure") (param i32) (i32.store (i32.const 512) (local.get 0)))
)
"""


def test_a_custom_block_runs_in_its_own_sandbox(tmp_path: Path) -> None:
    content = f32(1, 2, -3, 4)
    script = f"""
m = wasm3.Runtime(memory_bytes=1024).load(open(sys.argv[1], "rb").read())
p = rune.Pipeline((("f32", (4,), 16, 0), ("f32", (4,), 16, 16)), 32)
p.add_capability(Bytes({content!r}), 0)
p.add_custom(m, (0,), (1,), (64, 128))
p.add_output(1, 3, rune.Ring(500), (1,))
p.run(0, 3)
print(struct.unpack("<4f", p.tensor(1)), struct.unpack("<4f", m.memory[64:80]))
m.find("set_failure")(3)
print(error(p.run, 0, 3))
"""
    lines = board(script, write_wasm(tmp_path, "halve", HALVE))
    assert lines[0] == "(0.5, 1.0, -1.5, 2.0) (1.0, 2.0, -3.0, 4.0)"
    assert lines[1] == "StageError: (1, 'the custom block answered 3')"


@pytest.mark.parametrize(
    ("inputs", "outputs", "addresses", "said"),
    [
        ("(0,)", "(1,)", "(64,)", "one address per tensor"),
        ("(0,)", "(1,)", "(64, 1009)", "outside its memory"),
        ("(0,)", "(1,)", "(0xfffffff8, 64)", "outside its memory"),
        ("(0,)", "(1,)", "(-1, 64)", "outside its memory"),
        ("(0,)", "()", "(0,)", "exports transform"),
        ("(0, 0)", "(1,)", "(0, 16, 32)", "exports transform"),
    ],
)
def test_a_custom_block_that_does_not_fit_is_refused(
    tmp_path: Path, inputs: str, outputs: str, addresses: str, said: str
) -> None:
    script = f"""
m = wasm3.Runtime(memory_bytes=1024).load(open(sys.argv[1], "rb").read())
p = rune.Pipeline((("f32", (4,), 16, 0), ("f32", (4,), 16, 16)), 32)
print(error(p.add_custom, m, {inputs}, {outputs}, {addresses}))
print(error(p.run, 0, 1))
"""
    lines = board(script, write_wasm(tmp_path, "halve", HALVE))
    assert said in lines[0] and lines[1] == "ValueError: no stages of that range"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("(module)", "exports transform"),
        ('(module (func (export "transform") (param f32 i32 i32 i32)))', "exports transform"),
        (
            """(module (func (export "transform") (param i32 i32 i32 i32) (result f32)
              f32.const 0))""",
            "exports transform",
        ),
        ('(module (import "env" "f" (func)) (func (export "transform")))', "imports nothing"),
    ],
)
def test_a_module_that_is_no_custom_block_is_refused(tmp_path: Path, text: str, said: str) -> None:
    script = """
m = wasm3.Runtime(memory_bytes=1024).load(open(sys.argv[1], "rb").read())
p = rune.Pipeline((("f32", (0,), 0, 0), ("f32", (0,), 0, 0)), 0)
print(error(p.add_custom, m, (0,), (1,), (0, 0)))
"""
    line = board(script, write_wasm(tmp_path, "block", text))[0]
    assert line.startswith("ValueError") and said in line


def test_a_trap_in_a_custom_block_comes_out_by_name(tmp_path: Path) -> None:
    text = '(module (memory 1) (func (export "transform") (param i32 i32) unreachable))'
    script = """
m = wasm3.Runtime(memory_bytes=64).load(open(sys.argv[1], "rb").read())
p = rune.Pipeline((("u8", (4,), 4, 0),), 16)
p.add_custom(m, (), (0,), (0,))
print(error(p.run, 0, 1), p.stage)
"""
    wasm = write_wasm(tmp_path, "trap", text)
    assert board(script, wasm) == ["Trap: [trap] unreachable executed 0"]


COUNT = """
(module
  (memory (export "memory") 1)
  (data (i32.const 100) "\\05")
  (global $calls (mut i32) (i32.const 7))
  (func (export "set_start") (param i32) (i32.store8 (i32.const 102) (local.get 0)))
  (func (export "transform") (param $out i32) (param i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (i32.store8 (i32.const 100) (i32.add (i32.load8_u (i32.const 100)) (i32.const 1)))
    (i32.store8 (i32.const 110) (i32.add (i32.load8_u (i32.const 110)) (i32.const 1)))
    (i32.store8 (local.get $out) (global.get $calls))
    (i32.store8 offset=1 (local.get $out) (i32.load8_u (i32.const 100)))
    (i32.store8 offset=2 (local.get $out) (i32.load8_u (i32.const 102)))
    (i32.store8 offset=3 (local.get $out) (i32.load8_u (i32.const 110))))
)
"""


def test_reset_makes_a_custom_block_what_it_was_when_added(tmp_path: Path) -> None:
    script = """
runtime = wasm3.Runtime(memory_bytes=256)
m = runtime.load(open(sys.argv[1], "rb").read())
m.find("set_start")(9)
p = rune.Pipeline((("u8", (4,), 4, 0),), 16)
p.add_custom(m, (), (0,), (0,))
for _ in range(3):
    p.run(0, 1)
print(list(p.tensor(0)))
p.reset()
p.run(0, 1)
print(list(p.tensor(0)))
runtime.close()
print(error(p.reset))
"""
    lines = board(script, write_wasm(tmp_path, "count", COUNT))
    assert lines == ["[10, 8, 9, 3]", "[8, 6, 9, 1]", "Error: the Runtime is closed"]
