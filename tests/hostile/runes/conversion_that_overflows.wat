;; Makes an i32 of a number that has no place in it.
;; as: block
;; expect: call 1 TRAP integer overflow
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (i32.trunc_f32_s (f32.const 1e30))))
