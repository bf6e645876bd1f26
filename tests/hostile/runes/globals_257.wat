;; One global more than boards take.
;; as: block
;; expect: start WASM_REFUSED too many globals
(module (memory (export "memory") 1)
  {257*(global (mut i64) (i64.const 1)) }
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
