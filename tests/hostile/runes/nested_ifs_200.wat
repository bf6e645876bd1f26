;; 200 ifs inside each other, in an original Rune.
;; as: original
;; expect: start WASM_REFUSED blocks are nested too deeply
(module (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32)
    {200*(if (local.get 0) (then }
    {200*)) }
    (i32.const 0)))
