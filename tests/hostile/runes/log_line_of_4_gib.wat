;; A log line of 2^32-1 bytes.
;; as: rune
;; expect: call 1 TRAP _debug: a pointer or length lies outside the memory
(module (import "env" "_debug" (func $debug (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32)
    (call $debug (i32.const 0) (i32.const -1))))
