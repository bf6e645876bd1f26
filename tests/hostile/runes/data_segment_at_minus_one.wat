;; Has data that would lie on both ends of the memory.
;; as: block
;; expect: start WASM_REFUSED a data segment reaches past the memory
(module (memory (export "memory") 1) (data (i32.const -1) "ab")
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
