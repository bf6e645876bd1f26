;; A manifest that puts a block's input across the end of its memory.
;; as: block
;; block: {"memory_bytes": 256, "addresses": [254, 64]}
;; expect: cast BAD_MANIFEST blocks[0].addresses
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
