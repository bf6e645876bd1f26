;; An export whose name takes 10 KB.
;; as: rune
;; expect: runs 1
(module (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0))
  (func (export "{10000*n}")))
