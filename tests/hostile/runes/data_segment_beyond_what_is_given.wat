;; Has data inside the page that it declares, beyond the memory that its manifest asks for.
;; as: block
;; expect: start WASM_REFUSED data segment
(module (memory (export "memory") 1) (data (i32.const 60000) "ab")
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
