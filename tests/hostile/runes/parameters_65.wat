;; A function of 65 parameters.
;; as: block
;; expect: start WASM_REFUSED too many parameters or results
(module (memory (export "memory") 1)
  (func
    {65*(param i64) }
  )
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
