;; As for reading; it writes.
;; as: block
;; expect: call 1 TRAP out of bounds memory access
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (i64.store offset=4294967288 (i32.const 72) (i64.const -1)) (i32.const 0)))
