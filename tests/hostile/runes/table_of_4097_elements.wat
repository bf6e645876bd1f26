;; Declares one element more than boards take.
;; as: block
;; expect: start WASM_REFUSED a table or memory is too large
(module (memory (export "memory") 1) (table 4097 funcref)
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
