;; A Rune that imports a thousand functions.
;; as: rune
;; expect: start WASM_REFUSED too many imports
(module
  {1000*(import "env" "_debug" (func (param i32 i32) (result i32))) }
  (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
