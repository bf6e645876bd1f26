;; Declares a table of 2^32-1 elements.
;; as: block
;; expect: start WASM_REFUSED a table or memory is too large
(module (memory (export "memory") 1) (table 4294967295 funcref)
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
