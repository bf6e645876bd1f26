;; A custom block that takes its pointers as floats.
;; as: block
;; expect: start CALL_FAILED exports transform
(module (memory (export "memory") 1)
  (func (export "transform") (param f32 i32 f32 i32) (result i32) (i32.const 0)))
