;; Makes an integer of what is no number.
;; as: block
;; expect: call 1 TRAP invalid conversion to integer
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (i32.wrap_i64 (i64.trunc_f64_s (f64.const nan)))))
