;; A manifest that asks for no memory.
;; as: rune
;; manifest: {"wasm": {"memory_bytes": 0, "stack_bytes": 1024}}
;; expect: start WASM_REFUSED memory_bytes
(module (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.load (i32.const 0))))
