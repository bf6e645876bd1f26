;; Exports a number where a function is wanted.
;; as: rune
;; expect: cast MISSING_EXPORT _call
(module (memory (export "memory") 1)
  (global (export "_call") i32 (i32.const 0))
  (func (export "_manifest") (result i32) (i32.const 1)))
