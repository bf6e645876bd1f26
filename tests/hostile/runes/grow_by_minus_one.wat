;; memory.grow(-1), which takes memory away where an interpreter adds without a check.
;; as: block
;; expect: runs 3
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (i32.or (i32.ne (memory.grow (i32.const -1)) (i32.const -1))
      (i32.ne (memory.size) (i32.const 1)))))
