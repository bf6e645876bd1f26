;; Declares 2 GiB, is given 256 bytes of them, and reads the last that it declared.
;; as: rune
;; expect: call 1 TRAP out of bounds memory access
(module (memory (export "memory") 32768)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.load (i32.const 2147483644))))
