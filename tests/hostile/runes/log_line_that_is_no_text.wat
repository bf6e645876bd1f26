;; A log line of bytes that are no UTF-8, and one of JSON that goes a hundred lists deep.
;; as: rune
;; expect: runs 2
(module (import "env" "_debug" (func $debug (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\ff\fe\c0\80")
  (data (i32.const 16) "{100*[}")
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32)
    (drop (call $debug (i32.const 0) (i32.const 4)))
    (call $debug (i32.const 16) (i32.const 100))))
