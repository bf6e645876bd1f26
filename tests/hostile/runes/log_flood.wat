;; A thousand log lines in one call.
;; as: rune
;; expect: runs 2
(module (import "env" "_debug" (func $debug (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (local $left i32)
    (local.set $left (i32.const 1000))
    (loop
      (drop (call $debug (i32.const 0) (i32.const 200)))
      (br_if 0 (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (i32.const 0)))
