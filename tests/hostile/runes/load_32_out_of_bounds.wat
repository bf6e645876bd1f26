;; Reads four bytes, the last of which lies behind its memory.
;; as: block
;; block: {"memory_bytes": 256}
;; expect: call 1 TRAP out of bounds memory access
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.load (i32.const 253))))
