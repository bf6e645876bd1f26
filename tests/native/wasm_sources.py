"""WebAssembly text used by the tests of wasm3 and rune, and a way to hand it to a board script."""

from pathlib import Path

from wasmtime import wat2wasm

ARITHMETIC = """
(module
  (import "env" "twice" (func $twice (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "hello")
  (global (export "offset") i32 (i32.const 1024))
  (global (export "ratio") f64 (f64.const 2.5))
  (func (export "twice_plus") (param i32 i32) (result i32)
    local.get 0  call $twice  local.get 1  i32.add)
  (func (export "i32") (param i32) (result i32) local.get 0)
  (func (export "i64") (param i64) (result i64) local.get 0)
  (func (export "f32") (param f32) (result f32) local.get 0)
  (func (export "f64") (param f64) (result f64) local.get 0)
  (func (export "mix") (param i32 i64 f32 f64) (result f64)
    local.get 0  f64.convert_i32_s
    local.get 1  f64.convert_i64_s  f64.add
    local.get 2  f64.promote_f32  f64.add
    local.get 3  f64.add)
  (func (export "nothing"))
)
"""

TRAPS = """
(module
  (type $none (func))
  (type $one (func (param i32)))
  (memory (export "memory") 1)
  (table 2 funcref)
  (elem (i32.const 0) $nop)
  (func $nop)
  (func (export "unreachable") unreachable)
  (func (export "divide") (result i32) i32.const 1 i32.const 0 i32.div_s)
  (func (export "overflow") (result i32) i32.const 0x80000000 i32.const -1 i32.div_s)
  (func (export "convert") (result i32) f32.const nan i32.trunc_f32_s)
  (func (export "load") (param i32) (result i32) local.get 0 i32.load)
  (func (export "store") (param i32) local.get 0 i32.const 7 i32.store)
  (func (export "element") i32.const 9 call_indirect (type $none))
  (func (export "mismatch") i32.const 5 i32.const 0 call_indirect (type $one))
  (func $deep (export "deep") (param i32) (result i32)
    local.get 0  i32.const 1  i32.add  call $deep  i32.const 1  i32.add)
  (func (export "grow") (param i32) (result i32) local.get 0 memory.grow)
)
"""


def write_wasm(folder: Path, name: str, text: str) -> Path:
    """Assemble `text` to `<folder>/<name>.wasm` and return the path."""
    path = folder / f"{name}.wasm"
    path.write_bytes(wat2wasm(text))
    return path
