;; Counts its calls, and hangs in the third.
;; as: block
;; expect: call 3 TRAP out of fuel|deadline exceeded
(module (memory (export "memory") 1)
  (global $calls (mut i32) (i32.const 0))
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (loop (br_if 0 (i32.eq (global.get $calls) (i32.const 3))))
    (i32.const 0)))
