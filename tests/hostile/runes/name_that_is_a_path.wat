;; A manifest whose name leads out of the folder of Runes.
;; as: rune
;; manifest: {"name": "../keys"}
;; expect: cast BAD_MANIFEST manifest.name
(module (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
