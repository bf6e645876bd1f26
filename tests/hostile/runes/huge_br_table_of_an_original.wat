;; A br_table of a million targets, in a file that fits on the board only by its length.
;; as: original
;; expect: start WASM_REFUSED a br_table has too many targets
(module (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32)
    (block (br_table
      {20001*0 }
      (local.get 1)))
    (i32.const 0)))
