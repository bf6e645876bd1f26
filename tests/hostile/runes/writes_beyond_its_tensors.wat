;; Fills all of its own memory. It is its own: nobody else's tensors are in it.
;; as: block
;; block: {"memory_bytes": 256}
;; expect: runs 3
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (local $at i32)
    (loop
      (i32.store8 (local.get $at) (i32.const 255))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if 0 (i32.lt_u (local.get $at) (i32.const 256))))
    (i32.const 0)))
