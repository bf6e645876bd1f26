;; A manifest that puts a block's input and output in one place.
;; as: block
;; block: {"memory_bytes": 256, "addresses": [64, 64]}
;; expect: runs 2
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (f32.store (local.get 2) (f32.const 1)) (i32.const 0)))
