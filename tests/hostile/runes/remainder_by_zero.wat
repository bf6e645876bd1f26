;; Asks what a division by nothing leaves.
;; as: block
;; expect: call 1 TRAP integer divide by zero
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (i32.wrap_i64 (i64.rem_s (i64.const 1) (i64.const 0)))))
