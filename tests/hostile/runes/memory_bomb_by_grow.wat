;; Grows its memory until it gets no more. It gets none, and that is all.
;; as: block
;; expect: runs 3
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (i32.ne (memory.size) (i32.const 1))))
