;; Declares more pages than there are addresses.
;; as: rune
;; replace: 80 80 04 -> 81 80 04
;; expect: start WASM_REFUSED a table or memory is too large
(module (memory (export "memory") 65536)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
