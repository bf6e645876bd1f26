;; Asks for a kind of sensor that there cannot be.
;; as: original
;; expect: start NO_CAPABILITY number 4294967295
(module (import "env" "request_capability" (func $capability (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (drop (call $capability (i32.const -1))) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
