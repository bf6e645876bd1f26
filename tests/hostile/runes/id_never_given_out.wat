;; Writes to an output by an id that it made up.
;; as: original
;; expect: call 1 TRAP consume_output: nothing is bound to that id
(module (import "env" "consume_output" (func $consume (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32)
    (drop (call $consume (i32.const 1) (i32.const 0) (i32.const 4))) (i32.const 0)))
