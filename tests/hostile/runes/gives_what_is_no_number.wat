;; Its outputs are NaN and infinity, which JSON has no words for.
;; as: block
;; expect: runs 3
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (f32.store (local.get 2) (f32.const nan))
    (f32.store (i32.add (local.get 2) (i32.const 4)) (f32.const inf))
    (i32.const 0)))
