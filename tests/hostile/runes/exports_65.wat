;; One export more than boards take.
;; as: block
;; expect: start WASM_REFUSED too many exports
(module (memory (export "memory") 1)
  {63*(func (export "f#")) }
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
