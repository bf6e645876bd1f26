;; Six dims whose product is 0 if one counts in 64 bits.
;; as: rune
;; asks: yes
;; manifest: {"tensors": [{"type": "u8", "dims": [65536, 65536, 65536, 65536, 1, 1], "bytes": 0, "offset": 0}]}
;; expect: cast BAD_MANIFEST tensors[0]
(module (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
