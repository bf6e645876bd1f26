;; Reads from the last address that there is.
;; as: block
;; expect: call 1 TRAP out of bounds memory access
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.load8_s (i32.const -1))))
