;; A Rune that keeps its memory to itself.
;; as: rune
;; expect: cast MISSING_EXPORT memory
(module (memory 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
