;; A stage that is the ninth of no blocks.
;; as: rune
;; manifest: {"stages": [["block", 8]]}
;; expect: cast BAD_MANIFEST stages[0]
(module (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
