;; Imports the way to a sensor, and its manifest declares none.
;; as: rune
;; expect: start IMPORT_NOT_GRANTED env.request_capability
(module (import "env" "request_capability" (func (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_manifest") (result i32) (i32.const 1))
  (func (export "_call") (param i32 i32 i32) (result i32) (i32.const 0)))
