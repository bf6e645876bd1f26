;; Writes the byte behind its memory.
;; as: block
;; block: {"memory_bytes": 256}
;; expect: call 1 TRAP out of bounds memory access
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (i32.store8 (i32.const 256) (i32.const 255)) (i32.const 0)))
