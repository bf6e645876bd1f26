;; Asks for 4 GiB of memory in one go, and reports if it gets them.
;; as: block
;; expect: runs 3
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (i32.ne (memory.grow (i32.const 65535)) (i32.const -1))))
