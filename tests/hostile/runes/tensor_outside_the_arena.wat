;; A tensor that begins in the arena and ends behind it.
;; as: rune
;; asks: yes
;; manifest: {"tensors": [{"type": "u8", "dims": [4], "bytes": 4, "offset": 16}]}
;; expect: cast BAD_MANIFEST outside the arena
(module (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
