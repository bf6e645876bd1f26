;; Two thousand records in one call: more than its rate.
;; as: original
;; expect: call 1 TRAP output rate exceeded
(module (import "env" "request_output" (func $output (param i32) (result i32)))
  (import "env" "consume_output" (func $consume (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (drop (call $output (i32.const 1))) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (local $left i32)
    (local.set $left (i32.const 2000))
    (loop
      (drop (call $consume (i32.const 1) (i32.const 0) (i32.const 64)))
      (br_if 0 (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (i32.const 0)))
