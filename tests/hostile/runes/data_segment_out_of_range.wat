;; Has data beyond the memory that it declares.
;; as: block
;; expect: start WASM_REFUSED a data segment reaches past the memory
(module (memory (export "memory") 1) (data (i32.const 65535) "ab")
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
