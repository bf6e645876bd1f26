;; A manifest with a number that no machine word holds.
;; as: rune
;; manifest: {"arena_bytes": 10000000000000000000000000000000000000000}
;; expect: cast BAD_MANIFEST
(module (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
