;; Grows its memory between reading its input and writing its output.
;; as: block
;; expect: runs 3
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (drop (i32.load (local.get 0)))
    (drop (memory.grow (i32.const 1)))
    (f32.store (local.get 2) (f32.const 0.5))
    (i32.const 0)))
