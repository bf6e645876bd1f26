;; A pointer and a length whose sum of 32 bits lies inside the memory.
;; as: original
;; expect: call 1 TRAP request_provider_response: a pointer or length lies outside the memory
(module (import "env" "request_capability" (func $capability (param i32) (result i32)))
  (import "env" "request_provider_response" (func $read (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (drop (call $capability (i32.const 1))) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32)
    (drop (call $read (i32.const -16) (i32.const 32) (i32.const 1))) (i32.const 0)))
