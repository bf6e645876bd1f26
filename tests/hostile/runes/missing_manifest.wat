;; A Rune that never says what it needs.
;; as: original
;; expect: cast MISSING_EXPORT _manifest
(module (memory (export "memory") 1)
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
