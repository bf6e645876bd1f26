;; Imports a host function with a parameter that it does not have.
;; as: rune
;; expect: start WASM_REFUSED _debug
(module (import "env" "_debug" (func (param i32 i64) (result i32))) (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
