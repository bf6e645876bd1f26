;; An original Rune runs stages of a manifest that it does not have.
;; as: original
;; expect: start IMPORT_NOT_GRANTED runic.run
(module (import "runic" "run" (func (param i32 i32) (result i32))) (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
