;; An address and an offset whose sum of 32 bits lies inside its memory.
;; as: block
;; expect: call 1 TRAP out of bounds memory access
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (i32.load offset=4294967295 (i32.const 65))))
