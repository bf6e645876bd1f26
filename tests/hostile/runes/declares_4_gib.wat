;; An original Rune that declares all the memory that WebAssembly knows of.
;; as: original
;; expect: start REFUSED short by
(module (memory (export "memory") 65536)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
