;; 200 blocks inside each other, each of which takes native stack while compiling.
;; as: block
;; expect: start WASM_REFUSED blocks are nested too deeply
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    {200*(block }
    {200*) }
    (i32.const 0)))
