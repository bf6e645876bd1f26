;; A Rune that nobody can call.
;; as: rune
;; expect: cast MISSING_EXPORT _call
(module (memory (export "memory") 1) (func (export "_manifest") (result i32) (i32.const 1)))
