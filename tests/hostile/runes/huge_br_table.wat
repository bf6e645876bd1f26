;; A br_table of 65 targets: one more than boards take.
;; as: block
;; expect: start WASM_REFUSED a br_table has too many targets
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (block (br_table
      {66*0 }
      (local.get 1)))
    (i32.const 0)))
