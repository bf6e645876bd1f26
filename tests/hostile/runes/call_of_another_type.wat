;; A _call that takes and gives other things.
;; as: rune
;; expect: start WASM_REFUSED _call is
(module (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i64) (result f64) (f64.const 0)))
