;; Imports one host function twice, the second time as what it is not.
;; as: rune
;; expect: start WASM_REFUSED function signature mismatch
(module (import "env" "_debug" (func (param i32 i32) (result i32)))
  (import "env" "_debug" (func $wrong (param f64 f64 f64) (result i32)))
  (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32)
    (call $wrong (f64.const 1) (f64.const 2) (f64.const 3))))
