"""What targets in the firmware work with: WebAssembly that does as it is told, models, Runes."""

from pathlib import Path

from wasmtime import wat2wasm

from runicd.runefile.build import build
from tests.host.model_samples import float_network, int8_network

_ROOT = Path(__file__).resolve().parents[1]
_FOLDER = _ROOT / "build" / "fuzz" / "guests"

# Number of parameters of every host function; all are i32, as are the results.
_HOST_FUNCTIONS = {
    "runic.run": 2,
    "runic.model_open": 1,
    "env._debug": 2,
    "env.request_capability": 1,
    "env.request_capability_set_param": 6,
    "env.request_provider_response": 3,
    "env.request_output": 1,
    "env.consume_output": 3,
    "env.rune_model_load": 8,
    "env.rune_model_infer": 3,
    "env.rune_resource_open": 2,
    "env.rune_resource_read": 3,
    "env.rune_resource_close": 1,
}

_BLOCK = """
(module
  (memory (export "memory") 1)
  (global $calls (mut i32) (i32.const 0))
  (func (export "set_value") (param i32) (i32.store (i32.const 4) (local.get 0)))
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (i32.store8 (local.get 2) (global.get $calls))
    (drop (memory.grow (i32.and (i32.load8_u (local.get 0)) (i32.const 1))))
    (if (i32.eq (i32.load8_u (local.get 0)) (i32.const 13)) (then (unreachable)))
    (i32.eq (i32.load8_u (local.get 0)) (i32.const 17)))
)
"""

_CALLER = """
(module
  (import "env" "f" (func $f (param i32 i64 f32 f64) (result i32)))
  (memory (export "memory") 1)
  (global (export "answer") (mut i32) (i32.const 42))
  (func (export "call") (param i32 i64 f32 f64) (result i32)
    (i32.store (i32.const 8)
      (call $f (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
    (i32.load (i32.const 8)))
  (func (export "grow") (param i32) (result i32)
    (memory.grow (i32.and (local.get 0) (i32.const 3))))
  (func $deep (export "deep") (param i32) (result i32)
    (i32.add (call $deep (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
  (func (export "store") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
)
"""


def _rune() -> str:
    """Return a Rune that makes one host call: which and with what stands in its memory."""
    imports, calls = [], []
    for number, (name, count) in enumerate(_HOST_FUNCTIONS.items()):
        module, field = name.split(".")
        parameters = " ".join(["i32"] * count)
        imports.append(
            f'(import "{module}" "{field}" (func $h{number} (param {parameters}) (result i32)))'
        )
        words = " ".join(f"(i32.load (i32.const {4 + 4 * at}))" for at in range(count))
        calls.append(
            f"(if (i32.eq (i32.load (i32.const 0)) (i32.const {number}))"
            f" (then (i32.store (i32.const 60) (call $h{number} {words}))))"
        )
    body = " ".join(calls)
    return f"""(module {" ".join(imports)} (memory (export "memory") 1)
      (func $do {body})
      (func (export "grow") (param i32) (result i32)
        (memory.grow (i32.and (local.get 0) (i32.const 3))))
      (func (export "_manifest") (result i32) (call $do) (i32.const 1))
      (func (export "_call") (param i32 i32 i32) (result i32) (call $do) (i32.const 0)))"""


def write_guests() -> list[Path]:
    """Write the target's files; return their paths in the order of its arguments."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    contents = {
        "rune.wasm": bytes(wat2wasm(_rune())),
        "block.wasm": bytes(wat2wasm(_BLOCK)),
        "caller.wasm": bytes(wat2wasm(_CALLER)),
        "float.tflite": float_network(),
        "int8.tflite": int8_network(),
    }
    for name, content in contents.items():
        (_FOLDER / name).write_bytes(content)
    return [_FOLDER / name for name in contents]


def write_runes() -> list[Path]:
    """Write the files of `board_records`; return a folder for its own, and their paths."""
    root = _FOLDER.parent / "board_records"
    root.mkdir(parents=True, exist_ok=True)
    paths = []
    for name in ("sine", "sine_int8"):
        paths.append(root / f"{name}.rune")
        paths[-1].write_bytes(build(_ROOT / "runes" / name).data)
    return [root, *paths]
