;; Reads a sensor while _manifest still runs.
;; as: original
;; expect: start TRAP request_provider_response: nothing is bound to that id
(module (import "env" "request_capability" (func $capability (param i32) (result i32)))
  (import "env" "request_provider_response" (func $read (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_manifest") (result i32)
    (drop (call $read (i32.const 0) (i32.const 4) (call $capability (i32.const 1))))
    (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
