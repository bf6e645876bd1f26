;; Opens a model that its manifest does not have.
;; as: rune
;; expect: start MANIFEST_MISMATCH model
(module (import "runic" "model_open" (func $open (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (drop (call $open (i32.const 0))) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
