;; Reads a float that lies across the end of its memory.
;; as: block
;; block: {"memory_bytes": 256}
;; expect: call 1 TRAP out of bounds memory access
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (i32.reinterpret_f32 (f32.load (i32.const 254)))))
