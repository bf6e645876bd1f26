;; A function with 10,000 locals.
;; as: block
;; expect: start WASM_REFUSED a function has too many locals
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    {10000*(local i64) }
    (i32.const 0)))
