;; A manifest whose arena has less than no bytes.
;; as: rune
;; manifest: {"arena_bytes": -16}
;; expect: cast BAD_MANIFEST manifest.arena_bytes
(module (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
