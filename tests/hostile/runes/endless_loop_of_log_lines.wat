;; Logs for ever.
;; as: rune
;; expect: call 1 TRAP out of fuel|deadline exceeded
(module
  (import "env" "_debug" (func $debug (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "hello")
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32)
    (loop (drop (call $debug (i32.const 0) (i32.const 5))) (br 0))
    (i32.const 0)))
