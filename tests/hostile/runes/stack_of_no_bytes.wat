;; A manifest that asks for no stack.
;; as: rune
;; manifest: {"wasm": {"memory_bytes": 256, "stack_bytes": 0}}
;; expect: start WASM_REFUSED stack_bytes
(module (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
