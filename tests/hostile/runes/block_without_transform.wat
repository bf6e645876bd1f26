;; A custom block that nobody can call.
;; as: block
;; expect: start CALL_FAILED exports transform
(module (memory (export "memory") 1)
  (func (export "transfer") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
