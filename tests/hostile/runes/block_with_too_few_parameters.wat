;; A custom block that takes its input and no output.
;; as: block
;; expect: start CALL_FAILED exports transform
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32) (result i32) (i32.const 0)))
