;; A tensor of 4 elements that says it has 4000 bytes.
;; as: rune
;; asks: yes
;; manifest: {"tensors": [{"type": "u8", "dims": [4], "bytes": 4000, "offset": 0}]}
;; expect: cast BAD_MANIFEST tensors[0]
(module (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
