;; A custom block that is not the one which the manifest names.
;; as: block
;; block: {"sha256": "00"}
;; expect: cast HASH_MISMATCH of mine
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
