;; Counts its calls, and says in the third that it failed.
;; as: block
;; expect: call 3 CALL_FAILED the custom block answered 7
(module (memory (export "memory") 1)
  (global $calls (mut i32) (i32.const 0))
  (func (export "transform") (param i32 i32 i32 i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (select (i32.const 7) (i32.const 0) (i32.eq (global.get $calls) (i32.const 3)))))
