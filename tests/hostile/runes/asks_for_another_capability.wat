;; Declares random numbers and asks for the microphone.
;; as: rune
;; asks: yes
;; expect: start MANIFEST_MISMATCH capability SOUND
(module (import "env" "request_capability" (func $capability (param i32) (result i32)))
  (import "env" "request_output" (func $output (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_manifest") (result i32)
    (drop (call $capability (i32.const 2)))
    (drop (call $output (i32.const 1)))
    (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
