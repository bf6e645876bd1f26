;; An original Rune that grows as far as it can before it asks for anything.
;; as: original
;; expect: runs 1
(module (memory (export "memory") 1)
  (func (export "_manifest") (result i32)
    (loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
