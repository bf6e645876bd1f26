;; A custom block that is a module of a version to come.
;; as: block
;; replace: 00 61 73 6d 01 -> 00 61 73 6d 02
;; expect: start WASM_REFUSED not version 1
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
