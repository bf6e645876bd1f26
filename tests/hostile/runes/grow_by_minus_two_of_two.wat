;; Declares two pages, gives both back, and uses them.
;; as: original
;; expect: runs 2
(module (memory (export "memory") 2)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32)
    (drop (memory.grow (i32.const -2)))
    (i32.store (i32.const 70000) (i32.const 1))
    (i32.ne (memory.size) (i32.const 2))))
