;; One function more than boards take.
;; as: block
;; expect: start WASM_REFUSED too many functions
(module (memory (export "memory") 1)
  {256*(func) }
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
