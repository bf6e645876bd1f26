;; Writes two bytes across the end of its memory.
;; as: block
;; block: {"memory_bytes": 256}
;; expect: call 1 TRAP out of bounds memory access
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (i32.store16 (i32.const 255) (i32.const -1)) (i32.const 0)))
