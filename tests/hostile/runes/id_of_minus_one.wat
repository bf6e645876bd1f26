;; Reads a sensor by the largest id that there is.
;; as: original
;; expect: call 1 TRAP request_provider_response: nothing is bound to that id
(module (import "env" "request_provider_response" (func $read (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32)
    (drop (call $read (i32.const 0) (i32.const 4) (i32.const -1))) (i32.const 0)))
