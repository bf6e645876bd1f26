;; A loop that only a br_table closes.
;; as: block
;; expect: call 1 TRAP out of fuel|deadline exceeded
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (block (loop (br_table 0 0 1 (i32.const 0))))
    (i32.const 0)))
