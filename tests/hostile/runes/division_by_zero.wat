;; Divides by nothing.
;; as: block
;; expect: call 1 TRAP integer divide by zero
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (i32.div_u (i32.const 1) (i32.const 0))))
