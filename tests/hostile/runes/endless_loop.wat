;; A custom block that never comes back.
;; as: block
;; expect: call 1 TRAP out of fuel|deadline exceeded
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (loop (br 0)) (i32.const 0)))
