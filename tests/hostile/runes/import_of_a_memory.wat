;; Imports the memory of somebody else.
;; as: original
;; expect: start WASM_REFUSED memory_bytes must be positive
(module (import "env" "memory" (memory 1)) (export "memory" (memory 0))
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
