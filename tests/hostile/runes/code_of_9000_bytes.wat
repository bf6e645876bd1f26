;; A function longer than boards take.
;; as: block
;; expect: start WASM_REFUSED a function's code is too long
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    {9000*nop }
    (i32.const 0)))
