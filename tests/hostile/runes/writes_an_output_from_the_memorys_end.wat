;; Writes four bytes that begin where the memory ends.
;; as: original
;; expect: call 1 TRAP consume_output: a pointer or length lies outside the memory
(module (import "env" "request_output" (func $output (param i32) (result i32)))
  (import "env" "consume_output" (func $consume (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (drop (call $output (i32.const 1))) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32)
    (drop (call $consume (i32.const 1) (i32.const 65536) (i32.const 4))) (i32.const 0)))
