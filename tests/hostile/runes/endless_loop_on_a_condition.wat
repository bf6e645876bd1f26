;; A loop whose condition is always true.
;; as: block
;; expect: call 1 TRAP out of fuel|deadline exceeded
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (loop (br_if 0 (local.get 1)))
    (i32.const 0)))
