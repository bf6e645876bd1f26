;; A manifest that says its output takes 1 byte; the ring is as large as the smallest.
;; as: rune
;; asks: yes
;; manifest: {"outputs": [{"name": "serial", "kind": "SERIAL", "inputs": [0], "bytes": 1}]}
;; expect: runs 2
(module (import "env" "request_capability" (func $capability (param i32) (result i32)))
  (import "env" "request_output" (func $output (param i32) (result i32)))
  (import "runic" "run" (func $run (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_manifest") (result i32)
    (drop (call $capability (i32.const 1)))
    (drop (call $output (i32.const 1)))
    (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (call $run (i32.const 0) (i32.const 2))))
