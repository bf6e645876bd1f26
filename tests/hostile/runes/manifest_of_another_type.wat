;; A _manifest that takes an argument.
;; as: rune
;; expect: start WASM_REFUSED _manifest is
(module (memory (export "memory") 1)
  (func (export "_manifest") (param i32) (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
