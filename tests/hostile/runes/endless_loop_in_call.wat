;; A Rune whose _call never comes back.
;; as: rune
;; expect: call 1 TRAP out of fuel|deadline exceeded
(module (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (loop (br 0)) (i32.const 0)))
