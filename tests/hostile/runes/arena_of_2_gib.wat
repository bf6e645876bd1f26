;; A manifest that asks for an arena of 2 GiB.
;; as: rune
;; manifest: {"arena_bytes": 2147483647}
;; expect: start REFUSED short by
(module (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
