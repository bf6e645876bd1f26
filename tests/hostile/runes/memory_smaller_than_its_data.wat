;; A manifest that asks for less memory than the module fills.
;; as: rune
;; manifest: {"wasm": {"memory_bytes": 4, "stack_bytes": 1024}}
;; expect: start WASM_REFUSED data segment
(module (memory (export "memory") 1) (data (i32.const 0) "more than four")
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
