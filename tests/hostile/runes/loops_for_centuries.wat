;; Comes back, but not in this millennium: three loops of 2^32 inside each other.
;; as: block
;; expect: call 1 TRAP out of fuel|deadline exceeded
(module (memory (export "memory") 1)
  (func (export "transform") (param i32 i32 i32 i32) (result i32) (local i32 i32 i32)
    (loop
      (loop
        (loop
          (local.set 4 (i32.add (local.get 4) (i32.const 1)))
          (br_if 0 (local.get 4)))
        (local.set 5 (i32.add (local.get 5) (i32.const 1)))
        (br_if 0 (local.get 5)))
      (local.set 6 (i32.add (local.get 6) (i32.const 1)))
      (br_if 0 (local.get 6)))
    (i32.const 0)))
