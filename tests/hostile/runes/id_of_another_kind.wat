;; Reads a sensor by the id of an output.
;; as: original
;; expect: call 1 TRAP request_provider_response: nothing is bound to that id
(module (import "env" "request_output" (func $output (param i32) (result i32)))
  (import "env" "request_provider_response" (func $read (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global $id (mut i32) (i32.const 0))
  (func (export "_manifest") (result i32)
    (global.set $id (call $output (i32.const 1))) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32)
    (drop (call $read (i32.const 0) (i32.const 4) (global.get $id))) (i32.const 0)))
