;; Asks for Bluetooth, which no board gives.
;; as: original
;; expect: start NO_OUTPUT BLE
(module (import "env" "request_output" (func $output (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (drop (call $output (i32.const 2))) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
