;; A _call that says it failed.
;; as: rune
;; expect: call 1 TRAP returned 7
(module (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 7)))
